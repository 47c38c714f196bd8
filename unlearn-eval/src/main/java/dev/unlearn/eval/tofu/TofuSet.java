package dev.unlearn.eval.tofu;

import dev.unlearn.eval.audit.Side;

/** The four bodies of questions of the benchmark. */
public enum TofuSet {
  /** On what is to be forgotten. */
  FORGET("forget set", Side.PRIVACY),
  /** On what the model was trained on, too, and should keep. */
  RETAIN("retain set", Side.UTILITY),
  /** On real authors. */
  REAL_AUTHORS("real authors", Side.UTILITY),
  /** On the world. */
  WORLD_FACTS("world facts", Side.UTILITY);

  private final String title;
  private final Side side;

  TofuSet(String title, Side side) {
    this.title = title;
    this.side = side;
  }

  /** Returns the name for readers. */
  public String title() {
    return title;
  }

  /** Returns what measurements on it are about. */
  public Side side() {
    return side;
  }

  /** Returns whether the answer is one of options, whose probabilities are shares of their sum. */
  boolean hasOptions() {
    return this == REAL_AUTHORS || this == WORLD_FACTS;
  }
}
