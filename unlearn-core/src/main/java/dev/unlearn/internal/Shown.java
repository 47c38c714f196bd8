package dev.unlearn.internal;

import com.google.common.base.Ascii;

/** What messages show of values from files, which may be of any length. */
public final class Shown {
  private static final int MAX_LENGTH = 80;

  private Shown() {}

  /** Returns a value's text, cut if it is long. */
  public static String of(Object value) {
    return Ascii.truncate(value.toString(), MAX_LENGTH + 1, "…");
  }
}
