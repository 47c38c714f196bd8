package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ForgetReportTest {
  @Test
  void beforeAndAfter_oneLot() {
    ForgetReport report = report(List.of(epoch(0, 0, 0.9), epoch(1, 1, 0.5), epoch(2, 2, 0.1)));
    assertThat(report.before()).containsExactly(Map.entry("ma", ma(0.9)));
    assertThat(report.after()).containsExactly(Map.entry("ma", ma(0.1)));
    assertThat(report.epochCount()).isEqualTo(2);
  }

  @Test
  void beforeAndAfter_severalLots() {
    // The second lot begins at epoch 2, before its first update; the numbers are of this lot.
    ForgetReport report =
        report(
            List.of(
                epoch(0, 0, 0.9),
                epoch(1, 1, 0.5),
                epoch(2, 2, 0.1),
                epoch(2, 0, 0.8),
                epoch(3, 1, 0.2)));
    assertThat(report.before()).containsExactly(Map.entry("ma", ma(0.8)));
    assertThat(report.after()).containsExactly(Map.entry("ma", ma(0.2)));
    assertThat(report.epochCount()).isEqualTo(3);
  }

  @Test
  void beforeAndAfter_noUpdate() {
    ForgetReport report = report(List.of(epoch(0, 0, 0.05)));
    assertThat(report.before()).isEqualTo(report.after()).containsEntry("ma", ma(0.05));
    assertThat(report.epochCount()).isZero();
  }

  @Test
  void build_withoutEpochs() {
    assertThatThrownBy(() -> report(List.of()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a report must have at least one epoch, but had none");
  }

  @Test
  void build_incomplete() {
    assertThatThrownBy(() -> ForgetReport.builder().outcome(Outcome.FORGOTTEN).build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("reason");
  }

  private static MetricResult ma(double value) {
    return MetricResult.mean("ma", List.of(value));
  }

  private static EpochReport epoch(int epoch, int lotEpoch, double ma) {
    return EpochReport.builder()
        .epoch(epoch)
        .lotEpoch(lotEpoch)
        .addAllLot(List.of(0))
        .putAllMetrics(Map.of("ma", ma(ma)))
        .decision(Decision.proceed())
        .duration(Duration.ZERO)
        .build();
  }

  private static ForgetReport report(List<EpochReport> epochs) {
    return ForgetReport.builder()
        .outcome(Outcome.FORGOTTEN)
        .reason("low enough")
        .forgotten(true)
        .health(Optional.empty())
        .restored(false)
        .weightsOfEpoch(1)
        .addAllEpochs(epochs)
        .targetCount(3)
        .model(new ModelInfo("gpt2", 1, 1, "float32", "cpu()"))
        .startedAt(Instant.EPOCH)
        .duration(Duration.ZERO)
        .build();
  }
}
