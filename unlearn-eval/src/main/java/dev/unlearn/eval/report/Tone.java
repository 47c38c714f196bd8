package dev.unlearn.eval.report;

import java.util.Locale;

/** How a statement is to be taken; shown as a sign and in words, not by color alone. */
enum Tone {
  GOOD("✓"),
  BAD("✕"),
  OPEN("?"),
  NEUTRAL("–");

  private final String sign;

  Tone(String sign) {
    this.sign = sign;
  }

  /** Returns a sign for it. */
  String sign() {
    return sign;
  }

  /** Returns its name as a class of the style sheet. */
  String style() {
    return name().toLowerCase(Locale.ROOT);
  }
}
