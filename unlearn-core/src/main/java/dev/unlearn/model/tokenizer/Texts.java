package dev.unlearn.model.tokenizer;

import java.util.OptionalInt;

/** Small questions about strings. */
final class Texts {
  private Texts() {}

  /** Returns the index of the first half of a surrogate pair that lacks the other. */
  static OptionalInt halfSurrogate(String text) {
    int position = 0;
    while (position < text.length()) {
      int codePoint = text.codePointAt(position);
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        return OptionalInt.of(position);
      }
      position += Character.charCount(codePoint);
    }
    return OptionalInt.empty();
  }

  /** Returns a value of a file for a message; long ones are cut. */
  static String shown(String value) {
    return value.length() > 80 ? value.substring(0, 80) + "…" : value;
  }
}
