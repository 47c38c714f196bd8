package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class CustomStoppingCriterionTest {
  @Test
  void run_eachStopsAtItsFirstChance() {
    Printed printed = new Printed();
    List<ForgetReport> reports = CustomStoppingCriterion.run(printed.stream());

    assertThat(reports)
        .hasSize(2)
        .allSatisfy(report -> assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN));
    assertThat(reports.get(0).settings())
        .containsEntry("stopWhen", "custom stopping criterion, or max-epochs(100)");
    assertThat(values(reports.get(0)).stream().map(MetricResult::value))
        .satisfies(
            means -> assertThat(means.subList(0, means.size() - 1)).allMatch(mean -> mean >= 0.5))
        .last()
        .matches(mean -> mean < 0.5);
    assertThat(reports.get(1).settings())
        .containsEntry("stopWhen", "none-above(ma, 0.25), or max-epochs(100)");
    assertThat(values(reports.get(1)).stream().map(CustomStoppingCriterionTest::highest))
        .satisfies(
            highest -> assertThat(highest.subList(0, highest.size() - 1)).allMatch(x -> x > 0.25))
        .last()
        .matches(highest -> highest <= 0.25);

    assertThat(printed.lines()).hasSize(7);
    assertThat(printed.after("MA of the four records: ")).isEqualTo("[1.0, 1.0, 1.0, 1.0]");
    assertThat(printed.lines().get(2))
        .isEqualTo(
            "  after %d epochs: mean MA fell below one half"
                .formatted(reports.get(0).epochCount()));
    assertThat(printed.lines().get(5))
        .isEqualTo("  after %d epochs: no ma is above 0.25".formatted(reports.get(1).epochCount()));
  }

  private static List<MetricResult> values(ForgetReport report) {
    return report.epochs().stream().map(EpochReport::metrics).map(all -> all.get("ma")).toList();
  }

  private static double highest(MetricResult result) {
    return result.perSequence().stream().mapToDouble(Double::doubleValue).max().orElseThrow();
  }
}
