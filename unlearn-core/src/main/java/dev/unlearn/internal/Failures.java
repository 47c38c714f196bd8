package dev.unlearn.internal;

import com.google.common.base.Strings;
import java.util.regex.Pattern;

/** What went wrong, in one line. */
public final class Failures {
  private static final Pattern DECLARATION = Pattern.compile("\\.? *Declaration: .*");
  private static final Pattern OUT_OF_MEMORY =
      Pattern.compile("(?i)(allocate|out of|not enough) memory|bad_alloc");

  private Failures() {}

  /**
   * Returns the line that names the error, which a trace of TorchScript code may precede, without
   * the declaration of what was called, which may be long; without a message the type.
   */
  public static String summary(Throwable failure) {
    String line =
        Strings.nullToEmpty(failure.getMessage())
            .lines()
            .map(String::strip)
            .filter(text -> !text.isEmpty())
            .reduce((first, next) -> next.startsWith("RuntimeError:") ? next : first)
            .orElse(failure.getClass().getSimpleName());
    return DECLARATION.matcher(line).replaceFirst("");
  }

  /** Returns whether PyTorch says that there is too little memory. */
  public static boolean isOutOfMemory(Throwable failure) {
    return OUT_OF_MEMORY.matcher(summary(failure)).find();
  }
}
