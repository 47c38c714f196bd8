package dev.unlearn.eval.task;

/** By whose rules items are put into words, encoded, cut and scored. */
public enum Variant {
  /**
   * EleutherAI's lm-evaluation-harness, version 0.4.13, without examples before the question.
   *
   * <p>Context and continuation are encoded together; what is too long loses its beginning.
   */
  HARNESS("default"),

  /**
   * The authors' code of Jang et al., Knowledge Unlearning for Mitigating Privacy Risks in Language
   * Models, ACL 2023, arXiv 2210.01504.
   *
   * <p>Context and continuation are encoded apart; contexts keep their first 512 tokens, and both
   * together their last 512.
   */
  PAPER("paper");

  /** How many tokens the authors' code takes. */
  static final int PAPER_TOKENS = 512;

  private final String key;

  Variant(String key) {
    this.key = key;
  }

  /** Returns the name in results: {@code "default"} or {@code "paper"}. */
  public String key() {
    return key;
  }
}
