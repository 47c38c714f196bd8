package dev.unlearn.stop;

import static dev.unlearn.stop.FakeProgress.result;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PatienceTest {
  private static final StoppingCriterion ACCURACY =
      StoppingCriteria.patience(MemorizationAccuracy.of(), 2, 0.125);
  private static final StoppingCriterion LOSS = StoppingCriteria.patience(TokenLoss.of(), 2, 0.125);

  /** Values of the lot from before its first update on, the last one measured now. */
  @ParameterizedTest
  @CsvSource({
    "1, false",
    "1 1, false",
    "1 1 1, true",
    // By exactly minChange is not by more.
    "1 0.875 0.875, true",
    "1 1 0.874, false",
    "1 1 0.874 0.874, false",
    "1 1 0.874 0.874 0.874, true",
    // Slow changes add up: 0.84 is the first that is far enough below 1, and 0.72 below 0.84.
    "1 0.92 0.84 0.78 0.72 0.66, false",
    // What goes up and comes back has not moved.
    "0.5 0.9 0.5, true",
    "0.5 0.9 0.3, false",
    "NaN, false",
    "NaN NaN, false",
    "NaN NaN NaN, true",
    "NaN NaN 0.5, false",
    "0.5 NaN NaN, true",
    "0.5 NaN 0.25, false",
  })
  void accuracy_mustFall(String values, boolean stalled) {
    assertThat(stalls(ACCURACY, "ma", values)).isEqualTo(stalled);
  }

  /** A loss goes up as text is known less. */
  @ParameterizedTest
  @CsvSource({
    "1 1 1, true",
    "1 1.125 1.125, true",
    "1 1 1.126, false",
    "3 2 1, true",
    "1 2 3, false",
    "1 Infinity, false",
    "1 Infinity Infinity Infinity, true",
  })
  void loss_mustRise(String values, boolean stalled) {
    assertThat(stalls(LOSS, "loss", values)).isEqualTo(stalled);
  }

  @Test
  void minChange_zero() {
    StoppingCriterion any = StoppingCriteria.patience(MemorizationAccuracy.of(), 1, 0);
    assertThat(stalls(any, "ma", "0.5 0.4999")).isFalse();
    assertThat(stalls(any, "ma", "0.5 0.5")).isTrue();
  }

  @Test
  void reason_namesTheValueThatStays() {
    Decision accuracy = decision(ACCURACY, "ma", "1 0.5 0.45 0.4", 0);
    assertThat(accuracy)
        .isEqualTo(
            Decision.giveUp("stalled: for 2 epochs ma was not more than 0.125 below 0.500000"));
    Decision loss = decision(LOSS, "loss", "1 2 2 2", 0);
    assertThat(loss)
        .isEqualTo(
            Decision.giveUp("stalled: for 2 epochs loss was not more than 0.125 above 2.00000"));
  }

  @Test
  void lot_beginsAnew() {
    // The earlier lot ended at 0.25, from which this one never fell.
    assertThat(decision(ACCURACY, "ma", "1 0.25 0.25 1 0.75 0.5", 3)).isEqualTo(Decision.proceed());
    assertThat(decision(ACCURACY, "ma", "0.25 1 1 1", 1).toString()).startsWith("give up");
  }

  /** As behind a criterion that was not asked in every epoch. */
  @Test
  void epochs_notMeasuredDoNotCount() {
    FakeProgress progress =
        FakeProgress.at(4)
            .after(0, Duration.ZERO, result("ma", 1))
            .after(1, Duration.ZERO)
            .after(2, Duration.ZERO, result("loss", 3))
            .after(3, Duration.ZERO)
            .lot("ma", 1);
    assertThat(ACCURACY.evaluate(progress)).isEqualTo(Decision.proceed());
  }

  @Test
  void evaluate_measuresEvenWhereNothingCanStall() {
    FakeProgress progress = FakeProgress.at(0).lot("ma", 1);
    assertThat(ACCURACY.evaluate(progress)).isEqualTo(Decision.proceed());
    assertThat(progress.asked()).containsExactly("ma");
  }

  @Test
  void evaluate_isPure() {
    FakeProgress progress = FakeProgress.at(2).lot("ma", 1);
    progress.after(0, Duration.ZERO, result("ma", 1)).after(1, Duration.ZERO, result("ma", 1));
    assertThat(ACCURACY.evaluate(progress)).isEqualTo(ACCURACY.evaluate(progress));
  }

  @Test
  void patience_describesItself() {
    assertThat(ACCURACY.description()).isEqualTo("patience(ma, 2, 0.125)");
    assertThat(ACCURACY.metrics()).extracting(Metric::key).containsExactly("ma");
    assertThat(ACCURACY.epochLimit()).isEmpty();
  }

  @Test
  void epochs_notPositive() {
    assertThatThrownBy(() -> StoppingCriteria.patience(TokenLoss.of(), 0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("epochs must be > 0, but was: 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1e-9, Double.NaN, Double.POSITIVE_INFINITY})
  void minChange_notPossible(double minChange) {
    assertThatThrownBy(() -> StoppingCriteria.patience(TokenLoss.of(), 1, minChange))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("minChange must be finite and >= 0, but was: " + minChange);
  }

  @Test
  void metric_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> StoppingCriteria.patience(null, 1, 0))
        .withMessage("metric");
  }

  private static boolean stalls(StoppingCriterion criterion, String key, String values) {
    return decision(criterion, key, values, 0) instanceof Decision.GiveUp;
  }

  /** The first values, as many as said, are of an earlier lot. */
  private static Decision decision(
      StoppingCriterion criterion, String key, String values, int ofEarlierLot) {
    List<Double> all = Stream.of(values.split(" ")).map(Double::valueOf).toList();
    int last = all.size() - 1;
    FakeProgress progress = FakeProgress.at(last - ofEarlierLot).lot(key, all.get(last));
    for (int i = 0; i < last; i++) {
      int lotEpoch = i < ofEarlierLot ? i : i - ofEarlierLot;
      progress.after(lotEpoch, Duration.ZERO, result(key, all.get(i)));
    }
    return criterion.evaluate(progress);
  }
}
