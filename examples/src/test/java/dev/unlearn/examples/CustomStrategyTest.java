package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class CustomStrategyTest {
  @Test
  void run_theShortestFirst() {
    Printed printed = new Printed();
    ForgetReport report = CustomStrategy.run(printed.stream());

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.settings()).containsEntry("strategy", "shortest-first");
    assertThat(report.lotEnds())
        .extracting(EpochReport::lot)
        .containsExactly(List.of(2), List.of(1), List.of(0));
    assertThat(report.lotEnds().get(0).lotEpoch()).isPositive();
    assertThat(printed.lines().subList(1, 4))
        .containsExactly(
            "the one of 38 tokens took %d updates".formatted(report.lotEnds().get(0).lotEpoch()),
            "the one of 42 tokens took %d updates".formatted(report.lotEnds().get(1).lotEpoch()),
            "the one of 46 tokens took %d updates".formatted(report.lotEnds().get(2).lotEpoch()));
  }
}
