package dev.unlearn.eval.task;

import dev.unlearn.eval.audit.Better;

/** What the result of a task is measured by. */
public enum TaskMetric {
  /** The share of items whose true answer has the highest log-likelihood, the first at a tie. */
  ACC("acc", "Accuracy", Better.HIGHER, true, false),

  /**
   * As {@link #ACC}, of log-likelihoods divided by the number of characters of the choice, without
   * the space before it.
   */
  ACC_NORM("acc_norm", "Accuracy, by length", Better.HIGHER, true, false),

  /** The exponential of the mean negative log-likelihood of a whole continuation. */
  PERPLEXITY("perplexity", "Perplexity", Better.LOWER, false, true),

  /** The exponential of the negative log-likelihood of all texts over the words of all. */
  WORD_PERPLEXITY("word_perplexity", "Perplexity per word", Better.LOWER, false, true),

  /** The exponential of the negative log-likelihood of all texts over the UTF-8 bytes of all. */
  BYTE_PERPLEXITY("byte_perplexity", "Perplexity per byte", Better.LOWER, false, true),

  /** The same in bits: what to compare models of different tokenizers by. */
  BITS_PER_BYTE("bits_per_byte", "Bits per byte", Better.LOWER, false, false),

  /** The negative log-likelihood of all targets over their number, in nats per token. */
  LOSS("loss", "Loss", Better.LOWER, false, false),

  /** The mean unigram F1 of generated replies. */
  F1("f1", "Unigram F1", Better.HIGHER, true, false);

  private final String key;
  private final String title;
  private final Better better;
  private final boolean share;
  private final boolean exponential;

  TaskMetric(String key, String title, Better better, boolean share, boolean exponential) {
    this.key = key;
    this.title = title;
    this.better = better;
    this.share = share;
    this.exponential = exponential;
  }

  /** Returns the key in results, lm-evaluation-harness's where it has the metric. */
  public String key() {
    return key;
  }

  /** Returns the name for readers. */
  public String title() {
    return title;
  }

  /** Returns which values are better. */
  public Better better() {
    return better;
  }

  /** Returns whether every item's value is in [0, 1]. */
  boolean isShare() {
    return share;
  }

  /** Returns whether the metric is the exponential of what is averaged. */
  boolean isExponential() {
    return exponential;
  }
}
