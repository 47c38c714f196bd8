package dev.unlearn.eval.task;

import java.util.Locale;

/** What Python's string methods do where Java's do another thing. */
final class PythonText {
  private PythonText() {}

  static boolean isSpace(char character) {
    return Character.isWhitespace(character)
        || Character.isSpaceChar(character)
        || character == '\u0085';
  }

  static String stripTrailing(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(0, end);
  }

  static String strip(String text) {
    int begin = 0;
    while (begin < text.length() && isSpace(text.charAt(begin))) {
      begin++;
    }
    return stripTrailing(text.substring(begin));
  }

  /** Returns into how many parts white space divides a text, empty ones at its ends included. */
  static int splitCount(String text) {
    int count = 1;
    for (int i = 0; i < text.length(); i++) {
      if (isSpace(text.charAt(i)) && (i == 0 || !isSpace(text.charAt(i - 1)))) {
        count++;
      }
    }
    return count;
  }

  /** Returns a text with its first character in upper case and all others in lower. */
  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int end = text.offsetByCodePoints(0, 1);
    return Character.toString(Character.toTitleCase(text.codePointAt(0)))
        + text.substring(end).toLowerCase(Locale.ROOT);
  }

  /** Returns a text with its first character in lower case. */
  static String lowerFirst(String text) {
    int end = text.offsetByCodePoints(0, Math.min(1, text.length()));
    return text.substring(0, end).toLowerCase(Locale.ROOT) + text.substring(end);
  }

  /** Returns a text with its first character in upper case. */
  static String upperFirst(String text) {
    int end = text.offsetByCodePoints(0, Math.min(1, text.length()));
    return text.substring(0, end).toUpperCase(Locale.ROOT) + text.substring(end);
  }
}
