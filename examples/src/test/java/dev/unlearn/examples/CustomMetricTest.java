package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class CustomMetricTest {
  @Test
  void run_stopsByTheMetric() {
    Printed printed = new Printed();
    ForgetReport report = CustomMetric.run(printed.stream());

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.settings().get("stopWhen")).startsWith("below(longest_recall, 4.0)");
    assertThat(report.before().get("longest_recall").perSequence()).containsExactly(16.0, 16.0);
    assertThat(report.after().get("longest_recall").value()).isLessThan(4);
    assertThat(printed.after("before")).isEqualTo("[16.0, 16.0, 16.0, 16.0]");
    assertThat(printed.after("after"))
        .startsWith(
            report.after().get("longest_recall").perSequence().toString().replace("]", ","));
    assertThat(printed.after("the first two: ")).startsWith("FORGOTTEN, ");
  }
}
