package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import java.util.List;

final class Targets {
  private Targets() {}

  /** Refuses sequences of one token, which leave nothing to predict. */
  static void check(List<TokenSequence> sequences, String metricName) {
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      checkArgument(
          sequence.targetCount() > 0,
          "length (%s) of sequence %s must be > 1; %s is undefined for it",
          sequence.length(),
          index,
          metricName);
    }
  }
}
