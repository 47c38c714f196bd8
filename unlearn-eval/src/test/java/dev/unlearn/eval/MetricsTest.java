package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MetricsTest {
  private static final List<TokenSequence> SEQUENCES =
      List.of(TokenSequence.of(0, 1, 2, 3, 1), TokenSequence.of(3, 3, 0, 2));

  private final FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 3, 0);

  @Test
  void measure_asEachAlone() {
    Map<String, MetricResult> results =
        Metrics.measure(
            model,
            SEQUENCES,
            MemorizationAccuracy.of(),
            ExtractionLikelihood.of(2),
            TokenLoss.of());

    FakeCausalLm other = FakeCausalLm.ofTable(1, 2, 3, 0);
    assertThat(results.keySet()).containsExactly("ma", "el_2", "loss");
    assertThat(results)
        .containsEntry("ma", MemorizationAccuracy.of().measure(other, SEQUENCES))
        .containsEntry("el_2", ExtractionLikelihood.of(2).measure(other, SEQUENCES))
        .containsEntry("loss", TokenLoss.of().measure(other, SEQUENCES));
    assertThat(results.get("ma").perSequence()).containsExactly(0.75, 1 / 3.0);
  }

  @Test
  void measure_scoresAndContinuesOnce() {
    Map<String, MetricResult> results =
        Metrics.measure(
            model,
            SEQUENCES,
            MemorizationAccuracy.of(),
            ExtractionLikelihood.of(1),
            ExtractionLikelihood.of(2));

    assertThat(results).hasSize(3);
    assertThat(model.scorePasses()).isEqualTo(1);
    assertThat(model.continuing()).isEqualTo(1);
  }

  /** What ended where no 2-gram could come is not enough for order 1, which is measured first. */
  @Test
  void measure_lowerOrderLater() {
    Map<String, MetricResult> results =
        Metrics.measure(model, SEQUENCES, ExtractionLikelihood.of(2), ExtractionLikelihood.of(1));

    FakeCausalLm other = FakeCausalLm.ofTable(1, 2, 3, 0);
    assertThat(results)
        .containsEntry("el_2", ExtractionLikelihood.of(2).measure(other, SEQUENCES))
        .containsEntry("el_1", ExtractionLikelihood.of(1).measure(other, SEQUENCES));
    assertThat(results.keySet()).containsExactly("el_2", "el_1");
    assertThat(model.scorePasses()).isEqualTo(1);
    assertThat(model.continuing()).isEqualTo(1);
  }

  /** Estimates, and what the authors' code computes, are continuations as well. */
  @Test
  void measure_otherLikelihoodsLater() {
    Map<String, MetricResult> results =
        Metrics.measure(
            model,
            SEQUENCES,
            MemorizationAccuracy.of(),
            ExtractionLikelihood.of(2),
            ExtractionLikelihood.of(1).sampled(1));

    assertThat(results.keySet()).containsExactly("ma", "el_2", "el_1_sampled_1");
    assertThat(results)
        .containsEntry(
            "el_1_sampled_1",
            ExtractionLikelihood.of(1)
                .sampled(1)
                .measure(FakeCausalLm.ofTable(1, 2, 3, 0), SEQUENCES));
    assertThat(model.scorePasses()).isEqualTo(1);
    assertThat(model.continuing()).isEqualTo(2); // of the drawn prefixes, and of the rest
  }

  @Test
  void measure_theSameSequenceTwice() {
    List<TokenSequence> twice =
        List.of(SEQUENCES.get(0), SEQUENCES.get(1), TokenSequence.of(0, 1, 2, 3, 1));
    List<Double> each =
        ExtractionLikelihood.of(1)
            .measure(FakeCausalLm.ofTable(1, 2, 3, 0), SEQUENCES)
            .perSequence();

    Map<String, MetricResult> results =
        Metrics.measure(model, twice, MemorizationAccuracy.of(), ExtractionLikelihood.of(1));

    assertThat(results.get("ma").perSequence()).containsExactly(0.75, 1 / 3.0, 0.75);
    assertThat(results.get("el_1").perSequence())
        .containsExactly(each.get(0), each.get(1), each.get(0));
  }

  @Test
  void measure_refusesBeforeAnythingIsMeasured() {
    assertThatThrownBy(
            () ->
                Metrics.measure(
                    model, SEQUENCES, MemorizationAccuracy.of(), ExtractionLikelihood.of(4)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("order (4) must be < sequence length (4) of sequence 1");
    assertThat(model.scorePasses()).isZero();
  }

  @Test
  void measure_twiceTheSameOrNone() {
    assertThatThrownBy(
            () ->
                Metrics.measure(
                    model, SEQUENCES, MemorizationAccuracy.of(), MemorizationAccuracy.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("metrics must differ, but two had the key: ma");
    assertThatThrownBy(() -> Metrics.measure(model, SEQUENCES))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be at least one metric, but there was none");
  }
}
