package dev.unlearn.eval.membership;

import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import java.util.List;

/**
 * A number for a sequence that is <strong>higher</strong> the more the sequence looks like one that
 * the model was trained on. Implementations are immutable.
 */
public interface MembershipScore {

  /** Returns the name in reports, locale-independent, parameters included: {@code "min_20"}. */
  String key();

  /** Returns the name for readers: {@code "Min-20 %"}. */
  String title();

  /** Returns whether it needs the moments of the log-probabilities of all tokens. */
  default boolean needsMoments() {
    return false;
  }

  /**
   * Returns one score per sequence, in order; NaN where it is undefined.
   *
   * @param model the model that is asked
   * @param scores what the model says of the targets of the sequences, with moments if they are
   *     needed
   */
  List<Double> scores(CausalLm model, List<TokenScores> scores);
}
