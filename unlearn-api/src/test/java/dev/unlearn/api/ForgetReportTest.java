package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ForgetReportTest {
  private static final Decision PROCEED = Decision.proceed();
  private static final Decision FORGOTTEN = Decision.forgotten("low");

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
                epoch(2, 0, List.of(1), PROCEED, 0.8),
                epoch(3, 1, List.of(1), PROCEED, 0.2)));
    assertThat(report.before()).containsExactly(Map.entry("ma", ma(0.8)));
    assertThat(report.after()).containsExactly(Map.entry("ma", ma(0.2)));
    assertThat(report.epochCount()).isEqualTo(3);
  }

  @Test
  void beforeAndAfter_lookedAtAgain() {
    ForgetReport report =
        report(
            List.of(
                epoch(0, 0, 0.9),
                epoch(1, 1, 0.1),
                epoch(1, 0, List.of(1), PROCEED, 0.8),
                epoch(2, 1, List.of(1), PROCEED, 0.2),
                epoch(2, 0, 0.3)));
    assertThat(report.before()).containsExactly(Map.entry("ma", ma(0.9)));
    assertThat(report.after()).containsExactly(Map.entry("ma", ma(0.3)));
  }

  @Test
  void beforeAndAfter_noUpdate() {
    ForgetReport report = report(List.of(epoch(0, 0, 0.05)));
    assertThat(report.before()).isEqualTo(report.after()).containsEntry("ma", ma(0.05));
    assertThat(report.epochCount()).isZero();
  }

  @Test
  void epochs_none() {
    ForgetReport report = builder(List.of(), 2).outcome(Outcome.CANCELLED).build();
    assertThat(report.before()).isEmpty();
    assertThat(report.after()).isEmpty();
    assertThat(report.epochCount()).isZero();
    assertThat(report.lotEnds()).isEmpty();
    assertThat(report.criterionMetTogether()).isFalse();
    for (Outcome outcome : Outcome.values()) {
      if (outcome == Outcome.CANCELLED || outcome == Outcome.FAILED) {
        continue;
      }
      ForgetReport.Builder ended = builder(List.of(), 2).outcome(outcome);
      assertThatThrownBy(ended::build)
          .as(outcome.name())
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a report must have at least one epoch, but had none");
    }
  }

  @Test
  void lotEnds_updatesPerLot() {
    ForgetReport report =
        report(
            List.of(
                epoch(0, 0, List.of(0), PROCEED),
                epoch(1, 1, List.of(0), FORGOTTEN),
                epoch(1, 0, List.of(1), PROCEED),
                epoch(2, 1, List.of(1), PROCEED),
                epoch(3, 2, List.of(1), FORGOTTEN),
                epoch(3, 0, List.of(0), FORGOTTEN)));
    assertThat(report.lotEnds()).extracting(EpochReport::lotEpoch).containsExactly(1, 2, 0);
    assertThat(report.lotEnds())
        .extracting(EpochReport::lot)
        .containsExactly(List.of(0), List.of(1), List.of(0));
  }

  @Test
  void lotEnds_noUpdate() {
    ForgetReport report = report(List.of(epoch(0, 0, List.of(0), FORGOTTEN)));
    assertThat(report.lotEnds()).isEqualTo(report.epochs());
  }

  @Test
  void criterionMetTogether_lookedAtAgain() {
    List<EpochReport> epochs =
        new ArrayList<>(
            List.of(
                epoch(0, 0, List.of(0), FORGOTTEN),
                epoch(0, 0, List.of(1), PROCEED),
                epoch(1, 1, List.of(1), FORGOTTEN)));
    assertThat(report(epochs, 2).criterionMetTogether()).isFalse();
    epochs.add(epoch(1, 0, List.of(0), FORGOTTEN));
    assertThat(report(epochs, 2).criterionMetTogether()).isTrue();
  }

  @Test
  void criterionMetTogether_cameBackAndStayed() {
    ForgetReport report =
        builder(
                List.of(
                    epoch(0, 0, List.of(0), FORGOTTEN),
                    epoch(0, 0, List.of(1), FORGOTTEN),
                    epoch(0, 0, List.of(0), Decision.giveUp("late"))),
                2)
            .outcome(Outcome.GAVE_UP)
            .build();
    assertThat(report.criterionMetTogether()).isFalse();
  }

  @Test
  void criterionMetTogether_otherOutcomes() {
    List<EpochReport> epochs = List.of(epoch(0, 0, List.of(0), FORGOTTEN));
    for (Outcome outcome : Outcome.values()) {
      ForgetReport report = builder(epochs, 1).outcome(outcome).build();
      assertThat(report.criterionMetTogether())
          .as(outcome.name())
          .isEqualTo(outcome == Outcome.FORGOTTEN || outcome == Outcome.DAMAGED);
    }
  }

  /** A damaged run met its criterion, and its weights are as a rule the original ones. */
  @Test
  void succeeded_onlyIfForgottenWithoutHarm() {
    List<EpochReport> epochs = List.of(epoch(0, 0, 0.05));
    for (Outcome outcome : Outcome.values()) {
      ForgetReport report = builder(epochs, 1).outcome(outcome).build();
      assertThat(report.succeeded()).as(outcome.name()).isEqualTo(outcome == Outcome.FORGOTTEN);
      assertThat(report.criterionMet())
          .as(outcome.name())
          .isEqualTo(outcome == Outcome.FORGOTTEN || outcome == Outcome.DAMAGED);
    }
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
    return epoch(epoch, lotEpoch, List.of(0), PROCEED, ma);
  }

  private static EpochReport epoch(int epoch, int lotEpoch, List<Integer> lot, Decision decision) {
    return epoch(epoch, lotEpoch, lot, decision, 0);
  }

  private static EpochReport epoch(
      int epoch, int lotEpoch, List<Integer> lot, Decision decision, double ma) {
    return EpochReport.builder()
        .epoch(epoch)
        .lotEpoch(lotEpoch)
        .addAllLot(lot)
        .putAllMetrics(Map.of("ma", ma(ma)))
        .decision(decision)
        .duration(Duration.ZERO)
        .build();
  }

  private static ForgetReport report(List<EpochReport> epochs) {
    return report(epochs, 1);
  }

  private static ForgetReport report(List<EpochReport> epochs, int sequences) {
    return builder(epochs, sequences).outcome(Outcome.FORGOTTEN).build();
  }

  private static ForgetReport.Builder builder(List<EpochReport> epochs, int sequences) {
    return ForgetReport.builder()
        .reason("low enough")
        .health(Optional.empty())
        .restored(false)
        .weightsOfEpoch(1)
        .addAllEpochs(epochs)
        .addAllSequenceNames(Collections.nCopies(sequences, "#"))
        .targetCount(3)
        .model(new ModelInfo("gpt2", 1, 1, "float32", "cpu()"))
        .startedAt(Instant.EPOCH)
        .duration(Duration.ZERO);
  }
}
