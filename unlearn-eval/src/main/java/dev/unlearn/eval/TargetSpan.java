package dev.unlearn.eval;

import dev.unlearn.spi.TokenScores;

/** Which targets of a sequence count. */
enum TargetSpan {
  ALL(""),

  /** As in Open-Unlearning, where the last target is the end-of-sequence token. */
  WITHOUT_LAST("_open_unlearning");

  private final String keySuffix;

  TargetSpan(String keySuffix) {
    this.keySuffix = keySuffix;
  }

  /** Returns what distinguishes the keys of metrics on these targets. */
  String keySuffix() {
    return keySuffix;
  }

  int first(TokenScores scores) {
    return scores.sequence().firstTarget();
  }

  int end(TokenScores scores) {
    return first(scores) + count(scores);
  }

  int count(TokenScores scores) {
    int count = scores.sequence().targetCount();
    return this == ALL ? count : Math.max(0, count - 1);
  }
}
