package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.unlearn.api.ForgetReport;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class SequentialRequestsTest {
  @Test
  void run_bothWays(@TempDir Path folder) {
    Printed printed = new Printed();
    ForgetReport last = SequentialRequests.run(folder.resolve("model"), printed.stream());

    List<String> lines = printed.lines();
    double threshold = Double.parseDouble(printed.after("MA; forgotten is below "));
    assertThat(threshold).isBetween(0.0, 0.3);
    int alone = lines.indexOf("a run for each day's request");
    int together = lines.indexOf("a run over all requests so far, a part per day");
    for (int table : List.of(alone, together)) {
      assertThat(values(lines.get(table + 2))).containsExactly(1.0, 1.0, 1.0, 1.0);
      for (int day = 1; day <= 3; day++) {
        // The day's own request, whatever became of those before it.
        assertThat(values(lines.get(table + 2 + day)).get(day - 1)).isLessThanOrEqualTo(threshold);
      }
    }
    for (int day = 1; day <= 3; day++) {
      assertThat(values(lines.get(together + 2 + day)).subList(0, day))
          .allMatch(ma -> ma <= threshold);
    }
    assertThat(last.criterionMetTogether()).isTrue();
  }

  /** Days 1 to 3 and what was kept. */
  private static List<Double> values(String row) {
    return Splitter.fixedLength(7).splitToList(row.substring(13)).stream()
        .limit(4)
        .map(Double::parseDouble)
        .toList();
  }
}
