package dev.unlearn.eval.baseline;

import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;
import java.util.stream.IntStream;

/** {@link DpDecoding#expectedAccuracy()}. */
final class ExpectedAccuracy implements Metric {
  private final DpDecoding decoding;

  ExpectedAccuracy(DpDecoding decoding) {
    checkState(
        !decoding.isOfLogits(),
        "expected accuracy must be of a uniform mix, but was asked of a logit mix; measure"
            + " MemorizationAccuracy on applied(model, seed)");
    this.decoding = decoding;
  }

  @Override
  public String key() {
    return "ma_" + decoding;
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    return MetricResult.mean(
        key(),
        model.score(sequences, ScoreDetail.TARGETS).stream()
            .map(scores -> accuracy(scores, model.vocabularySize()))
            .toList());
  }

  private double accuracy(TokenScores scores, int vocabularySize) {
    TokenSequence sequence = scores.sequence();
    return IntStream.range(sequence.firstTarget(), sequence.length())
        .mapToDouble(position -> decoding.mixed(scores.logProbability(position), vocabularySize))
        .average()
        .orElse(Double.NaN);
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    MemorizationAccuracy.of().check(sequences);
  }

  @Override
  public boolean higherMeansKnown() {
    return true;
  }

  @Override
  public String toString() {
    return key();
  }
}
