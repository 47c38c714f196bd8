package dev.unlearn.eval.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.base.Splitter;
import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.RocCurve;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PrivLeakTest {

  /** The peers' losses have the opposite sign of our scores. */
  @ParameterizedTest
  @CsvFileSource(resources = "auc-privleak.csv", delimiter = ';', maxCharsPerColumn = 1000)
  void of_vectors(
      String forget, String holdout, double auc, double museAuc, double atHalf, double atNews) {
    RocCurve curve = RocCurve.of(negative(forget), negative(holdout));
    assertThat(curve.auc()).isCloseTo(auc, within(1e-12));
    assertThat(1 - curve.auc()).isCloseTo(museAuc, within(1e-12));
    // open-unlearning adds 1e-10 to the divisor.
    assertThat(PrivLeak.of(curve.auc(), 0.5)).isCloseTo(atHalf, within(1e-7));
    assertThat(PrivLeak.of(curve.auc(), PrivLeak.MUSE_NEWS_RETRAINED_AUC))
        .isCloseTo(atNews, within(1e-7));
  }

  private static List<Double> negative(String losses) {
    return Splitter.on(' ').splitToStream(losses).map(loss -> -Double.parseDouble(loss)).toList();
  }

  @Test
  void of_ends() {
    assertThat(PrivLeak.of(0.46, 0.46)).isZero();
    assertThat(PrivLeak.of(1, 0.46)).isEqualTo(-100);
    assertThat(PrivLeak.of(0, 0.5)).isEqualTo(100);
    // Unbounded where the retrained model tells the sets apart.
    assertThat(PrivLeak.of(0, 0.99)).isCloseTo(9900, within(1e-9));
  }

  @Test
  void of_publishedBooks() {
    // (.4 - .5393) / .5393
    assertThat(PrivLeak.of(0.6, PrivLeak.MUSE_BOOKS_RETRAINED_AUC))
        .isCloseTo(-25.829779, within(1e-6));
  }

  @Test
  void of_interval() {
    Estimate auc =
        new Estimate(0.6, Optional.of(new Interval(0.5, 0.75, 0.95)), 30, "Chernoff-Hoeffding");
    Estimate leak = PrivLeak.of(auc, 0.5);
    assertThat(leak.value()).isCloseTo(-20, within(1e-9));
    assertThat(leak.interval()).contains(new Interval(-50, 0, 0.95));
    assertThat(leak.method()).isEqualTo("Chernoff-Hoeffding");
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, -0.1, Double.NaN})
  void of_badReference(double reference) {
    assertThatThrownBy(() -> PrivLeak.of(0.5, reference))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "retrainedAuc must be in [0, 1), but was: %s; PrivLeak divides by 1 - retrainedAuc",
            reference);
  }
}
