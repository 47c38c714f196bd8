package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MemorizationAccuracyTest {
  private static final FakeCausalLm MODEL = FakeCausalLm.ofTable(1, 2, 0);
  // The choices after 0 1 2 2 are 1 2 0 0; the true tokens are 1 2 2 0: three of four.
  private static final TokenSequence SEQUENCE = TokenSequence.of(0, 1, 2, 2, 0);

  @Test
  void measure_handNumbers() {
    MetricResult result = MemorizationAccuracy.of().measure(MODEL, List.of(SEQUENCE));
    assertThat(result.key()).isEqualTo("ma");
    assertThat(result.value()).isEqualTo(0.75);
    assertThat(result.perSequence()).containsExactly(0.75);
  }

  @Test
  void measure_prompt() {
    // Only positions 3 (a miss) and 4 (a hit) count.
    MetricResult result =
        MemorizationAccuracy.of().measure(MODEL, List.of(SEQUENCE.withPromptLength(3)));
    assertThat(result.value()).isEqualTo(0.5);
  }

  @Test
  void measure_raggedLengths() {
    // (1 + 3/4) / 2, the mean over sequences; over tokens it would be 4/5.
    MetricResult result =
        MemorizationAccuracy.of().measure(MODEL, List.of(TokenSequence.of(0, 1), SEQUENCE));
    assertThat(result.perSequence()).containsExactly(1.0, 0.75);
    assertThat(result.value()).isEqualTo(0.875);
  }

  @Test
  void measure_oneToken() {
    MetricResult result =
        MemorizationAccuracy.of().measure(MODEL, List.of(TokenSequence.of(0), SEQUENCE));
    assertThat(result.perSequence()).containsExactly(Double.NaN, 0.75);
    assertThat(result.value()).isEqualTo(0.75);
  }

  @Test
  void measure_prefixesMatter() {
    FakeCausalLm model = FakeCausalLm.ofLookup(3, 0, Map.of(List.of(1), 1, List.of(1, 1), 2));
    // Choices: 1 after 1, 2 after 1 1, 0 after 1 1 2. True: 1, 2, 1.
    MetricResult result =
        MemorizationAccuracy.of().measure(model, List.of(TokenSequence.of(1, 1, 2, 1)));
    assertThat(result.value()).isEqualTo(2.0 / 3);
  }

  @Test
  void check_oneToken() {
    assertThatThrownBy(
            () -> MemorizationAccuracy.of().check(List.of(SEQUENCE, TokenSequence.of(0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "length (1) of sequence 1 must be > 1; memorization accuracy is undefined for it");
  }

  @Test
  void paperCompat_shortSequence() {
    // 0 1 becomes 0 1 2 2; choices 1 2 0: the first pad is predicted, the second is not.
    MetricResult result =
        MemorizationAccuracy.paperCompat(4, 2).measure(MODEL, List.of(TokenSequence.of(0, 1)));
    assertThat(result.key()).isEqualTo("ma_paper_4_eos_2");
    assertThat(result.value()).isEqualTo(2.0 / 3);
  }

  @Test
  void paperCompat_longSequenceWithPrompt() {
    // Cut to 0 1 2 2, prompt ignored: two of three.
    MetricResult result =
        MemorizationAccuracy.paperCompat(4, 2)
            .measure(MODEL, List.of(SEQUENCE.withPromptLength(3)));
    assertThat(result.value()).isEqualTo(2.0 / 3);
  }

  @Test
  void paperCompat_oneToken() {
    MemorizationAccuracy metric = MemorizationAccuracy.paperCompat(3, 2);
    metric.check(List.of(TokenSequence.of(1)));
    // 1 2 2; choices 2 0.
    assertThat(metric.measure(MODEL, List.of(TokenSequence.of(1))).value()).isEqualTo(0.5);
  }

  @Test
  void paperCompat_badArguments() {
    assertThatThrownBy(() -> MemorizationAccuracy.paperCompat(1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length must be > 1, but was: 1");
    assertThatThrownBy(() -> MemorizationAccuracy.paperCompat(2, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("eosId must be >= 0, but was: -1");
  }

  @Test
  void direction_higher() {
    assertThat(MemorizationAccuracy.of().higherMeansKnown()).isTrue();
    assertThat(MemorizationAccuracy.of()).hasToString("ma");
  }
}
