package dev.unlearn.eval.tofu;

/**
 * Truth ratio: how much likelier the model finds wrong answers to a question than the true one in
 * other words.
 *
 * <p>{@code R = p_wrong / p_true}, {@code p_true = exp(-loss)} being the geometric mean of the
 * probabilities of the paraphrased answer's tokens, and {@code p_wrong} an average of the same of
 * the wrong answers; in [0, infinity). A model that knows the answer has R near 0, one that never
 * saw the subject has R about 1. On the forget set a question scores {@code min(R, 1 / R)}, else
 * {@code max(0, 1 - R)}, both in [0, 1].
 *
 * <p>Source: Maini et al., TOFU, 2024, arXiv 2401.06121, whose two scripts average differently. NaN
 * without wrong answers.
 */
public enum TruthRatio {
  /**
   * {@code p_wrong} is the geometric mean, as in TOFU's {@code aggregate_eval_stat.py}: use this
   * one.
   */
  GEOMETRIC {
    @Override
    double log(AnswerLosses losses) {
      return losses.paraphrased() - meanLoss(losses);
    }
  },

  /** {@code p_wrong} is the arithmetic mean, as in the paper and in TOFU's {@code utils.py}. */
  ARITHMETIC {
    @Override
    double log(AnswerLosses losses) {
      double least = losses.perturbed().stream().mapToDouble(v -> v).min().orElse(Double.NaN);
      double mean =
          losses.perturbed().stream()
              .mapToDouble(loss -> Math.exp(least - loss))
              .average()
              .orElse(Double.NaN);
      return losses.paraphrased() - least + Math.log(mean);
    }
  },

  /**
   * As in Open-Unlearning: the geometric mean, and 1e-10 added to every divisor, those of {@code 1
   * / R} and of the probability among options included.
   */
  OPEN_UNLEARNING {
    @Override
    double log(AnswerLosses losses) {
      return Math.log(Math.exp(-meanLoss(losses)) / (Math.exp(-losses.paraphrased()) + added()));
    }

    @Override
    double added() {
      return 1e-10;
    }
  };

  private static double meanLoss(AnswerLosses losses) {
    return losses.perturbed().stream().mapToDouble(v -> v).average().orElse(Double.NaN);
  }

  /** Returns the logarithm of the ratio, which neither overflows nor vanishes. */
  abstract double log(AnswerLosses losses);

  /** Returns what is added to divisors. */
  double added() {
    return 0;
  }

  /** Returns R, in [0, infinity). */
  public double ratio(AnswerLosses losses) {
    return Math.exp(log(losses));
  }

  /** Returns {@code min(R, 1 / R)}, in [0, 1]: 1 where true and wrong are equally likely. */
  public double closenessToOne(AnswerLosses losses) {
    double ratio = ratio(losses);
    return Math.min(ratio, 1 / (ratio + added()));
  }

  /** Returns {@code max(0, 1 - R)}, in [0, 1]: 1 where wrong answers are out of the question. */
  public double truthfulness(AnswerLosses losses) {
    return Math.max(0, 1 - ratio(losses));
  }

  /**
   * Returns the true answer's share of the probabilities of it and the wrong ones, in [0, 1]; NaN
   * without wrong answers.
   */
  public double optionProbability(AnswerLosses losses) {
    if (losses.perturbed().isEmpty()) {
      return Double.NaN;
    }
    double sum = losses.perturbed().stream().mapToDouble(loss -> Math.exp(-loss)).sum();
    return losses.probability() / (losses.probability() + sum + added());
  }
}
