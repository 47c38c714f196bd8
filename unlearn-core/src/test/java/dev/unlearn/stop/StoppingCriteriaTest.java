package dev.unlearn.stop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StoppingCriteriaTest {
  private static final StoppingCriterion FORGOTTEN =
      StoppingCriteria.forgotten(ForgettingThresholds.of(3, 12, 0.125, 0.375));

  @Test
  void forgotten_accuracyNotBelow() {
    Fake progress = new Fake(1).ma(0.375).el(0.0);
    assertThat(FORGOTTEN.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked).containsExactly("ma");
  }

  @Test
  void forgotten_likelihoodNotBelow() {
    Fake progress = new Fake(1).ma(0.25).el(0.125);
    assertThat(FORGOTTEN.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked).containsExactly("ma", "el_3");
  }

  @Test
  void forgotten_bothBelow() {
    Fake progress = new Fake(1).ma(0.25).el(0.0625);
    assertThat(FORGOTTEN.evaluate(progress))
        .isEqualTo(
            Decision.forgotten(
                "mean MA 0.2500 (threshold 0.3750), mean EL_3 0.0625 (threshold 0.1250)"));
  }

  @Test
  void forgotten_namesSequencesAbove() {
    // Means 0.25 and 0.0625. Sequence 1 is at the MA threshold, 2 above the EL threshold, 3 both.
    Fake progress = new Fake(1).ma(0, 0.375, 0.125, 0.5).el(0, 0, 0.125, 0.125);
    Decision.Forgotten decision = (Decision.Forgotten) FORGOTTEN.evaluate(progress);
    assertThat(decision.above()).containsExactly(1, 2, 3);
  }

  @Test
  void forgotten_undefined() {
    assertThat(FORGOTTEN.evaluate(new Fake(1).ma(Double.NaN).el(0))).isEqualTo(Decision.proceed());
    assertThat(FORGOTTEN.evaluate(new Fake(1).ma(0).el(Double.NaN))).isEqualTo(Decision.proceed());
  }

  /** Nothing is below 0, so 0 is enough where unseen text gave 0. */
  @Test
  void forgotten_thresholdOfZero() {
    StoppingCriterion zero = StoppingCriteria.forgotten(ForgettingThresholds.of(3, 12, 0, 0.375));
    assertThat(zero.evaluate(new Fake(1).ma(0.25).el(0))).isInstanceOf(Decision.Forgotten.class);
    assertThat(zero.evaluate(new Fake(1).ma(0.25).el(0.01))).isEqualTo(Decision.proceed());
  }

  @Test
  void forgotten_describesItself() {
    assertThat(FORGOTTEN.description())
        .isEqualTo(
            "forgotten(ForgettingThresholds{order=3, minLength=12, maxLength=12, sequenceCount=0,"
                + " targetCount=0, elThreshold=0.125, maThreshold=0.375, modelDigest=,"
                + " corpusDigest=})");
    assertThat(FORGOTTEN.metrics()).extracting(Metric::key).containsExactly("ma", "el_3");
    assertThat(FORGOTTEN.epochLimit()).isEmpty();
  }

  @Test
  void forgotten_otherLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(FORGOTTEN.description())
          .isEqualTo(
              "forgotten(ForgettingThresholds{order=3, minLength=12, maxLength=12, sequenceCount=0,"
                  + " targetCount=0, elThreshold=0.125, maThreshold=0.375, modelDigest=,"
                  + " corpusDigest=})");
      assertThat(FORGOTTEN.evaluate(new Fake(1).ma(0.25).el(0.0625)).toString())
          .isEqualTo(
              "forgotten: mean MA 0.2500 (threshold 0.3750), mean EL_3 0.0625 (threshold 0.1250)");
    } finally {
      Locale.setDefault(before);
    }
  }

  @ParameterizedTest
  @CsvSource({"11, 11", "12, 13"})
  void forgotten_setOfAnotherLength(int shortest, int longest) {
    ForgetSet set = ForgetSet.of(sequence(shortest), sequence(longest));
    assertThatThrownBy(() -> FORGOTTEN.check(set))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(
            "the forget set has sequences of "
                + shortest
                + " to "
                + longest
                + " tokens, but the"
                + " thresholds were measured on sequences of 12 to 12; ");
  }

  @Test
  void forgotten_setOfTheSameLength() {
    FORGOTTEN.check(ForgetSet.of(sequence(12)));
  }

  @Test
  void forgotten_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.forgotten(null))
        .withMessage("thresholds");
  }

  @Test
  void maxEpochs_countsTheLotsEpochs() {
    StoppingCriterion limit = StoppingCriteria.maxEpochs(2);
    assertThat(limit.evaluate(new Fake(0))).isEqualTo(Decision.proceed());
    assertThat(limit.evaluate(new Fake(1))).isEqualTo(Decision.proceed());
    assertThat(limit.evaluate(new Fake(2)))
        .isEqualTo(Decision.giveUp("not forgotten after 2 epochs"));
    assertThat(limit.evaluate(new Fake(3)))
        .isEqualTo(Decision.giveUp("not forgotten after 2 epochs"));
    assertThat(limit.epochLimit()).hasValue(2);
    assertThat(limit.description()).isEqualTo("max-epochs(2)");
    assertThat(limit.metrics()).isEmpty();
  }

  @Test
  void maxEpochs_notPositive() {
    assertThatThrownBy(() -> StoppingCriteria.maxEpochs(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxEpochs must be > 0, but was: 0");
  }

  private static TokenSequence sequence(int length) {
    return TokenSequence.of(IntStream.range(0, length).toArray());
  }

  /** Its epoch is far from its lot's. */
  private static final class Fake implements EpochProgress {
    private final int lotEpoch;
    private final List<String> asked = new ArrayList<>();
    private List<Double> ma = List.of();
    private List<Double> el = List.of();

    Fake(int lotEpoch) {
      this.lotEpoch = lotEpoch;
    }

    Fake ma(double... values) {
      ma = IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
      return this;
    }

    Fake el(double... values) {
      el = IntStream.range(0, values.length).mapToObj(i -> values[i]).toList();
      return this;
    }

    @Override
    public MetricResult measure(Metric metric) {
      asked.add(metric.key());
      return MetricResult.mean(metric.key(), metric.key().equals("ma") ? ma : el);
    }

    @Override
    public MetricResult measure(Metric metric, Corpus corpus) {
      throw new AssertionError("other data is none of its business");
    }

    @Override
    public MetricResult baseline(Metric metric) {
      throw new AssertionError("what was before is none of its business");
    }

    @Override
    public MetricResult baseline(Metric metric, Corpus corpus) {
      throw new AssertionError("what was before is none of its business");
    }

    @Override
    public int epoch() {
      return lotEpoch + 50;
    }

    @Override
    public int lotEpoch() {
      return lotEpoch;
    }

    @Override
    public List<TokenSequence> lot() {
      throw new AssertionError("measured by the run");
    }

    @Override
    public List<EpochReport> history() {
      return List.of();
    }
  }
}
