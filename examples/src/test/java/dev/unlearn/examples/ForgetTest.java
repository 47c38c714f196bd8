package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.CausalLms;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class ForgetTest {
  @TempDir private Path folder;

  private Path out;

  @BeforeEach
  void teach() throws IOException {
    out = folder.resolve("out");
    List<String> records = new SyntheticText(5).records(2);
    try (TrainableCausalLm model = SmallModel.create(5, 2, 64)) {
      var unused = Teacher.recite(model, records);
      CausalLms.save(model, folder.resolve("model"));
    }
    Files.write(
        folder.resolve("forget.jsonl"),
        records.stream().map(r -> "{\"text\": \"" + r + "\", \"promptLength\": 30}").toList());
  }

  @Test
  void run_forgotten() throws IOException {
    Printed printed = new Printed();
    assertThat(Forget.run(arguments("--learning-rate", "5e-4"), printed.stream())).isTrue();

    assertThat(printed.after("written to ")).isEqualTo(out.toString());
    assertThat(printed.lines()).anyMatch(line -> line.startsWith("FORGOTTEN after "));
    assertThat(printed.after("to forget").split(" +", -1)).contains("1.000", "0.000");
    try (TrainableCausalLm model = CausalLms.load(out)) {
      assertThat(
              MemorizationAccuracy.of()
                  .measure(model, TextFile.read(folder.resolve("forget.jsonl"), model))
                  .value())
          .isLessThan(0.3);
    }
  }

  @Test
  void run_notForgotten() throws IOException {
    Printed printed = new Printed();
    assertThat(Forget.run(arguments("--max-epochs", "1"), printed.stream())).isFalse();

    assertThat(printed.lines())
        .contains("nothing was written; the model in memory is as it was")
        .anyMatch(line -> line.startsWith("GAVE_UP after 1 epochs: "));
    assertThat(out).doesNotExist();
  }

  private ForgetArguments arguments(String option, String value) {
    return ForgetArguments.parse(
        new String[] {
          "--model",
          folder.resolve("model").toString(),
          "--forget",
          folder.resolve("forget.jsonl").toString(),
          "--out",
          out.toString(),
          "--ma-threshold",
          "0.3",
          "--el-threshold",
          "0.05",
          option,
          value
        });
  }
}
