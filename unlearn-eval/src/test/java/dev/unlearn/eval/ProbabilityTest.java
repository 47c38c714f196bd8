package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class ProbabilityTest {
  private static final Offset<Double> FLOAT = within(1e-7);

  private static final FakeCausalLm MODEL = FakeCausalLm.ofTable(1, 2, 0);
  // Three hits of probability 1/2, one miss of 1/4: 2^-5 over four targets.
  private static final TokenSequence LONG = TokenSequence.of(0, 1, 2, 2, 0);
  // One miss: 1/4.
  private static final TokenSequence SHORT = TokenSequence.of(0, 2);

  @Test
  void measure_handNumbers() {
    MetricResult result = Probability.of().measure(MODEL, List.of(LONG, SHORT));
    assertThat(result.key()).isEqualTo("probability");
    assertThat(result.perSequence().get(0)).isCloseTo(Math.pow(2, -1.25), FLOAT);
    assertThat(result.perSequence().get(1)).isCloseTo(0.25, FLOAT);
    assertThat(result.value()).isCloseTo((Math.pow(2, -1.25) + 0.25) / 2, FLOAT);
  }

  @Test
  void openUnlearningCompat_firstTokenCounts() {
    MetricResult result = Probability.openUnlearningCompat().measure(MODEL, List.of(LONG));
    assertThat(result.key()).isEqualTo("probability_open_unlearning");
    assertThat(result.value()).isCloseTo(0.5, FLOAT); // 2^(-5/5)
  }

  @Test
  void openUnlearningCompat_prompt() {
    // A miss and a hit: 2^(-3/2), as strictly.
    List<TokenSequence> prompted = List.of(LONG.withPromptLength(3));
    for (Probability metric : List.of(Probability.of(), Probability.openUnlearningCompat())) {
      assertThat(metric.measure(MODEL, prompted).value()).isCloseTo(Math.pow(2, -1.5), FLOAT);
    }
  }

  @Test
  void measure_oneToken() {
    assertThat(Probability.of().measure(MODEL, List.of(TokenSequence.of(0))).value()).isNaN();
    assertThatThrownBy(() -> Probability.of().check(List.of(TokenSequence.of(0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length (1) of sequence 0 must be > 1; probability is undefined for it");
  }
}
