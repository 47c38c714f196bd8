package dev.unlearn.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.stop.FakeProgress;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UtilityGuardsTest {
  private static final Corpus VALIDATION = Corpus.of(List.of(TokenSequence.of(1, 2, 3)));
  private static final GuardedMetric PERPLEXITY = UtilityGuards.perplexity(VALIDATION);

  /** By a quarter of |start|; the bound itself is accepted. */
  @ParameterizedTest
  @CsvSource({
    "8, 8, false, false",
    "8, 10, false, false",
    "8, 10.01, true, false",
    "8, 6, false, false",
    "8, 5.99, false, true",
    "8, NaN, true, true",
    "NaN, 8, true, true",
    "8, Infinity, true, false",
    // Values may be negative, as log-probabilities are.
    "-8, -6, false, false",
    "-8, -5.99, true, false",
    "-8, -10, false, false",
    "-8, -10.01, false, true",
    "0, 0, false, false",
    "0, 0.001, true, false",
    "0, -0.001, false, true",
  })
  void share_ofTheStart(double start, double now, boolean increased, boolean decreased) {
    FakeProgress progress =
        FakeProgress.at(1)
            .other("perplexity", VALIDATION, now)
            .otherStart("perplexity", VALIDATION, start);
    assertThat(PERPLEXITY.maxIncrease(0.25).violation(progress).isPresent()).isEqualTo(increased);
    assertThat(PERPLEXITY.maxDecrease(0.25).violation(progress).isPresent()).isEqualTo(decreased);
  }

  /** What does not depend on the start does not ask for it. */
  @ParameterizedTest
  @CsvSource({"8, false, false", "8.01, true, false", "7.99, false, true", "NaN, true, true"})
  void number_asItIs(double now, boolean tooHigh, boolean tooLow) {
    FakeProgress progress = FakeProgress.at(1).other("perplexity", VALIDATION, now);
    assertThat(PERPLEXITY.atMost(8).violation(progress).isPresent()).isEqualTo(tooHigh);
    assertThat(PERPLEXITY.atLeast(8).violation(progress).isPresent()).isEqualTo(tooLow);
    assertThat(progress.asked())
        .containsExactly("perplexity on other data", "perplexity on other data");
  }

  @Test
  void violation_saysWhy() {
    FakeProgress progress =
        FakeProgress.at(1)
            .other("perplexity", VALIDATION, 13)
            .otherStart("perplexity", VALIDATION, 12);
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      assertThat(PERPLEXITY.maxIncrease(0.05).violation(progress))
          .hasValue(
              "perplexity on Corpus[sequences=1] must be at most 12.6000, but was: 13.0000; it was"
                  + " 12.0000 before, max-increase 0.05");
      assertThat(PERPLEXITY.atLeast(14).violation(progress))
          .hasValue("perplexity on Corpus[sequences=1] must be at least 14.0000, but was: 13.0000");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void guard_describesItself() {
    assertThat(PERPLEXITY.maxIncrease(0.05).description())
        .isEqualTo("max-increase(perplexity on Corpus[sequences=1], 0.05)");
    assertThat(
            UtilityGuards.metric(TokenLoss.of(), VALIDATION)
                .maxDecrease(0.5)
                .and(PERPLEXITY.atMost(8))
                .and(PERPLEXITY.atLeast(2))
                .description())
        .isEqualTo(
            "max-decrease(loss on Corpus[sequences=1], 0.5), and at-most(perplexity on"
                + " Corpus[sequences=1], 8.0), and at-least(perplexity on Corpus[sequences=1], 2.0)");
  }

  @Test
  void and_lazily() {
    FakeProgress progress = FakeProgress.at(1).other("perplexity", VALIDATION, 9);
    UtilityGuard both =
        PERPLEXITY.atMost(8).and(UtilityGuards.metric(TokenLoss.of(), VALIDATION).atMost(1));
    assertThat(both.violation(progress)).isPresent();
    assertThat(progress.asked()).containsExactly("perplexity on other data");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.01, Double.NaN, Double.POSITIVE_INFINITY})
  void share_notPossible(double share) {
    assertThatThrownBy(() -> PERPLEXITY.maxIncrease(share))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxIncrease must be finite and >= 0, but was: " + share);
    assertThatThrownBy(() -> PERPLEXITY.maxDecrease(share))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxDecrease must be finite and >= 0, but was: " + share);
  }

  @Test
  void number_notANumber() {
    assertThatThrownBy(() -> PERPLEXITY.atMost(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("atMost must be a number, but was: NaN");
    assertThatThrownBy(() -> PERPLEXITY.atLeast(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("atLeast must be a number, but was: NaN");
  }

  @Test
  void arguments_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> UtilityGuards.perplexity(null))
        .withMessage("validation");
    assertThatNullPointerException()
        .isThrownBy(() -> UtilityGuards.metric(null, VALIDATION))
        .withMessage("metric");
  }
}
