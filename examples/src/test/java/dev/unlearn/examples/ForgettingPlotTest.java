package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.Outcome;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

final class ForgettingPlotTest {
  @TempDir Path folder;

  @Test
  void write_lineFromRightToLeft() throws Exception {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      ForgettingPlot plot = new ForgettingPlot();
      plot.add("a & b", report(epoch(0, 1, 1), epoch(1, 0.5, 0.75), epoch(2, 0, 0.5)));
      plot.write(folder.resolve("plot.svg"));
    } finally {
      Locale.setDefault(before);
    }
    Document svg =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(folder.resolve("plot.svg").toFile());
    Element line = (Element) svg.getElementsByTagName("polyline").item(0);
    // 480 points with a margin of 56: 0 is at 56, 1 at 424; y grows downwards.
    assertThat(line.getAttribute("points")).isEqualTo("424.0,56.0 240.0,148.0 56.0,240.0");
    assertThat(svg.getElementsByTagName("circle").getLength()).isEqualTo(3 + 1);
  }

  private static EpochReport epoch(int epoch, double targets, double heldOut) {
    return EpochReport.builder()
        .epoch(epoch)
        .lotEpoch(epoch)
        .addAllLot(List.of(0))
        .putAllMetrics(Map.of("ma", MetricResult.mean("ma", List.of(targets))))
        .putAllOtherMetrics(Map.of("ma", MetricResult.mean("ma", List.of(heldOut))))
        .decision(Decision.proceed())
        .duration(Duration.ZERO)
        .build();
  }

  private static ForgetReport report(EpochReport... epochs) {
    return ForgetReport.builder()
        .outcome(Outcome.GAVE_UP)
        .reason("enough")
        .health(Optional.empty())
        .restored(true)
        .weightsOfEpoch(0)
        .addAllSequencesAbove(List.of())
        .addAllEpochs(List.of(epochs))
        .addAllSequenceNames(List.of("#0"))
        .targetCount(1)
        .model(new ModelInfo("gpt_neo", 1, 1, "float32", "cpu()"))
        .putAllSettings(Map.of())
        .putAllVersions(Map.of())
        .putAllDigests(Map.of())
        .startedAt(Instant.EPOCH)
        .duration(Duration.ZERO)
        .build();
  }
}
