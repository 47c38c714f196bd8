package dev.unlearn.stop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MetricBoundTest {
  private static final Metric MA = MemorizationAccuracy.of();
  private static final Corpus OTHER = Corpus.of(List.of(TokenSequence.of(1, 2, 3)));

  /** Both bounds are strict. */
  @ParameterizedTest
  @CsvSource({
    "0.249, true, false",
    "0.25, false, false",
    "0.251, false, true",
    "NaN, false, false",
  })
  void value_belowOrAbove(double ma, boolean below, boolean above) {
    FakeProgress progress = FakeProgress.at(1).lot("ma", ma).other("ma", OTHER, ma);
    assertThat(reached(StoppingCriteria.below(MA, 0.25), progress)).isEqualTo(below);
    assertThat(reached(StoppingCriteria.above(MA, 0.25), progress)).isEqualTo(above);
    assertThat(reached(StoppingCriteria.below(MA, OTHER, 0.25), progress)).isEqualTo(below);
    assertThat(reached(StoppingCriteria.above(MA, OTHER, 0.25), progress)).isEqualTo(above);
    assertThat(progress.asked())
        .containsExactly("ma", "ma", "ma on other data", "ma on other data");
  }

  /** Half of a start of 0.5. */
  @ParameterizedTest
  @CsvSource({
    "0.249, true, false",
    "0.25, false, false",
    "0.251, false, true",
    "NaN, false, false",
  })
  void startTimes_belowOrAbove(double ma, boolean below, boolean above) {
    FakeProgress lot = FakeProgress.at(1).lot("ma", ma).start("ma", 0.5);
    assertThat(reached(StoppingCriteria.belowBaseline(MA, 0.5), lot)).isEqualTo(below);
    assertThat(reached(StoppingCriteria.aboveBaseline(MA, 0.5), lot)).isEqualTo(above);
    FakeProgress other = FakeProgress.at(1).other("ma", OTHER, ma).otherStart("ma", OTHER, 0.5);
    assertThat(reached(StoppingCriteria.belowBaseline(MA, OTHER, 0.5), other)).isEqualTo(below);
    assertThat(reached(StoppingCriteria.aboveBaseline(MA, OTHER, 0.5), other)).isEqualTo(above);
  }

  /** No less is possible, as with a threshold of 0. */
  @Test
  void startTimes_startOfZero() {
    FakeProgress zero = FakeProgress.at(1).lot("ma", 0).start("ma", 0);
    assertThat(reached(StoppingCriteria.belowBaseline(MA, 0.5), zero)).isTrue();
    assertThat(reached(StoppingCriteria.aboveBaseline(MA, 0.5), zero)).isFalse();
    assertThat(reached(StoppingCriteria.below(MA, 0), FakeProgress.at(1).lot("ma", 0))).isFalse();
    FakeProgress more = FakeProgress.at(1).lot("ma", 0.1).start("ma", 0);
    assertThat(reached(StoppingCriteria.belowBaseline(MA, 0.5), more)).isFalse();
  }

  @Test
  void startTimes_undefinedStart() {
    FakeProgress progress = FakeProgress.at(1).lot("ma", 0).start("ma", Double.NaN);
    assertThat(reached(StoppingCriteria.belowBaseline(MA, 0.5), progress)).isFalse();
    assertThat(reached(StoppingCriteria.aboveBaseline(MA, 0.5), progress)).isFalse();
  }

  @Test
  void decision_saysWhy() {
    FakeProgress progress =
        FakeProgress.at(1)
            .lot("ma", 0.125)
            .start("ma", 0.5)
            .other("perplexity", OTHER, 12.5)
            .otherStart("perplexity", OTHER, 4);
    assertThat(StoppingCriteria.below(MA, 0.25).evaluate(progress))
        .isEqualTo(Decision.forgotten("ma 0.125000 is below 0.250000"));
    assertThat(StoppingCriteria.belowBaseline(MA, 0.75).evaluate(progress))
        .isEqualTo(Decision.forgotten("ma 0.125000 is below 0.375000, 0.75 times its baseline"));
    assertThat(StoppingCriteria.above(Perplexity.of(), OTHER, 12).evaluate(progress))
        .isEqualTo(
            Decision.forgotten("perplexity on Corpus[sequences=1] 12.5000 is above 12.0000"));
    assertThat(StoppingCriteria.aboveBaseline(Perplexity.of(), OTHER, 3).evaluate(progress))
        .isEqualTo(
            Decision.forgotten(
                "perplexity on Corpus[sequences=1] 12.5000 is above 12.0000, 3.0 times its baseline"));
  }

  @Test
  void criterion_describesItself() {
    assertThat(StoppingCriteria.below(MA, 0.25).description()).isEqualTo("below(ma, 0.25)");
    assertThat(StoppingCriteria.above(MA, OTHER, 0.25).description())
        .isEqualTo("above(ma on Corpus[sequences=1], 0.25)");
    assertThat(StoppingCriteria.belowBaseline(MA, OTHER, 0.5).description())
        .isEqualTo("below-baseline(ma on Corpus[sequences=1], 0.5)");
    assertThat(StoppingCriteria.aboveBaseline(MA, 2).description())
        .isEqualTo("above-baseline(ma, 2.0)");
    assertThat(StoppingCriteria.below(MA, 0.25).epochLimit()).isEmpty();
  }

  /** A metric of other data has no place among the lot's baselines. */
  @Test
  void metrics_ofTheLotOnly() {
    assertThat(StoppingCriteria.below(MA, 0.25).metrics()).containsExactly(MA);
    assertThat(StoppingCriteria.below(MA, OTHER, 0.25).metrics()).isEmpty();
  }

  @Test
  void check_corpus() {
    FakeCausalLm model = FakeCausalLm.ofHash(9, 1);
    ForgetSet set = ForgetSet.of(TokenSequence.of(1, 2, 3, 4, 5));
    StoppingCriterion criterion =
        StoppingCriteria.below(ExtractionLikelihood.of(3), OTHER, 0.25)
            .or(StoppingCriteria.maxEpochs(3))
            .and(StoppingCriteria.above(MA, 0))
            .notBefore(2);
    assertThatThrownBy(() -> criterion.check(model, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "below(el_3 on Corpus[sequences=1], 0.25): order (3) must be < sequence length (3) of"
                + " sequence 0; extraction likelihood is undefined for it");
    StoppingCriteria.below(ExtractionLikelihood.of(2), OTHER, 0.25).check(model, set);
    Corpus strange = Corpus.of(List.of(TokenSequence.of(1, 9)));
    assertThatThrownBy(() -> StoppingCriteria.above(MA, strange, 0.25).check(model, set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "above(ma on Corpus[sequences=1], 0.25): sequence 0 must hold ids of the vocabulary,"
                + " [0, 9), but holds another at position 1");
  }

  @Test
  void check_lot() {
    StoppingCriterion criterion = StoppingCriteria.below(ExtractionLikelihood.of(3), 0.25);
    assertThatThrownBy(
            () ->
                criterion.check(FakeCausalLm.ofHash(9, 1), ForgetSet.of(TokenSequence.of(1, 2, 3))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("order (3) must be < sequence length (3) of sequence 0;");
  }

  @Test
  void value_notANumber() {
    assertThatThrownBy(() -> StoppingCriteria.below(MA, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("value must be a number, but was: NaN");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
  void factor_notPossible(double factor) {
    assertThatThrownBy(() -> StoppingCriteria.aboveBaseline(MA, factor))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("factor must be finite and > 0, but was: " + factor);
  }

  @Test
  void arguments_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.below(null, 0.5))
        .withMessage("metric");
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.above(MA, null, 0.5))
        .withMessage("corpus");
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.belowBaseline(MA, null, 0.5))
        .withMessage("corpus");
  }

  private static boolean reached(StoppingCriterion criterion, FakeProgress progress) {
    return criterion.evaluate(progress) instanceof Decision.Forgotten;
  }
}
