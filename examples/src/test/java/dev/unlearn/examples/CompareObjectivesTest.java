package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.base.Splitter;
import dev.unlearn.CausalLms;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a model that has memorised eight windows of 20 characters, with one epoch for each way. */
@Tag("engine")
final class CompareObjectivesTest {
  private static final int WINDOW = 20;

  @Test
  void run_aRowForEachWay(@TempDir Path folder) throws IOException {
    String text = text();
    Files.writeString(folder.resolve("text.txt"), text);
    try (TrainableCausalLm model = SmallModel.create(2, 4, 64)) {
      List<String> windows = Splitter.fixedLength(WINDOW).splitToList(text);
      Teacher.untilRecited(model, model.tokenizer().sequences(windows));
      CausalLms.save(model, folder.resolve("model"));
    }
    Printed printed = new Printed();

    CompareObjectives.run(
        new String[] {
          "--model", folder.resolve("model").toString(),
          "--text", folder.resolve("text.txt").toString(),
          "--window", Integer.toString(WINDOW),
          "--forget", "2",
          "--max-epochs", "1",
          "--plot", folder.resolve("plot.svg").toString()
        },
        printed.stream());

    // Targets, EL_10, retained, held out.
    assertThat(printed.after("untouched").split(" +", -1))
        .startsWith("1.000", "1.000", "1.000", "1.000");
    assertThat(Contender.all())
        .hasSize(9)
        .allSatisfy(
            way ->
                assertThat(printed.lines())
                    .anyMatch(line -> line.startsWith(way.name()) && line.contains(" 1 ")));
    assertThat(folder.resolve("plot.svg")).content().contains("gradient ascent", "polyline");
  }

  /** Each window begins with another letter, so that all of it follows from that. */
  private static String text() {
    Random random = new Random(7);
    StringBuilder text = new StringBuilder();
    for (char first = 'A'; first <= 'H'; first++) {
      text.append(first);
      for (int i = 1; i < WINDOW; i++) {
        text.append((char) ('a' + random.nextInt(26)));
      }
    }
    return text.toString();
  }
}
