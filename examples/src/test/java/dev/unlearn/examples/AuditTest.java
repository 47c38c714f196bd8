package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is measured and tried is the matter of AuditWorkTest. */
@Tag("engine")
final class AuditTest {
  @Test
  void run_writesAReport(@TempDir Path folder) throws IOException {
    SyntheticText text = new SyntheticText(3);
    try (TrainableCausalLm model = SmallModel.create(3, 2, 32)) {
      CausalLms.save(model, folder.resolve("model"));
    }
    Files.write(folder.resolve("forget.txt"), text.records(2));
    Files.write(folder.resolve("unseen.txt"), text.records(4));
    AuditArguments arguments =
        AuditArguments.parse(
            new String[] {
              "--model", folder.resolve("model").toString(),
              "--forget", folder.resolve("forget.txt").toString(),
              "--unseen", folder.resolve("unseen.txt").toString(),
              "--out", folder.resolve("audit").toString(),
              "--order", "3",
              "--samples", "2",
              "--relearning", "1"
            });
    Printed printed = new Printed();

    assertThat(Audit.run(arguments, printed.stream())).isTrue();

    Path page = folder.resolve("audit").resolve("audit.html");
    assertThat(printed.after("written to ")).isEqualTo(page.toString());
    assertThat(page).content().contains("Audit of model");
    assertThat(printed.lines()).hasSize(7 + 1).anyMatch(line -> line.contains("Relearning"));
    assertThatThrownBy(() -> Audit.run(arguments, printed.stream()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "--out must not exist, because reports are never replaced, but is there: "
                + folder.resolve("audit"));
  }

  @Test
  void run_nowhereToWrite(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("file"));
    AuditArguments arguments =
        AuditArguments.parse(
            new String[] {
              "--model", "m", "--forget", "f", "--unseen", "u", "--out", file + "/deep/audit"
            });

    assertThatThrownBy(() -> Audit.run(arguments, new Printed().stream()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--out must be in a folder that can be written to, but is in: " + file);
  }

  /** With all that says how: the second model is written, and differs in upper weights only. */
  @Test
  void run_unlearnsFirst(@TempDir Path folder) throws IOException {
    SyntheticText text = new SyntheticText(5);
    List<String> records = text.records(2);
    try (TrainableCausalLm model = SmallModel.create(5, 2, 64)) {
      var unused = Teacher.recite(model, records);
      CausalLms.save(model, folder.resolve("model"));
    }
    Files.write(folder.resolve("forget.txt"), records);
    Files.write(folder.resolve("unseen.txt"), text.records(8));
    Files.write(folder.resolve("sentences.txt"), text.sentences(4));
    String sentences = folder.resolve("sentences.txt").toString();
    AuditArguments arguments =
        AuditArguments.parse(
            new String[] {
              "--model",
              folder.resolve("model").toString(),
              "--unlearned",
              folder.resolve("unlearned").toString(),
              "--forget",
              folder.resolve("forget.txt").toString(),
              "--unseen",
              folder.resolve("unseen.txt").toString(),
              "--health",
              sentences,
              "--retain",
              sentences,
              "--train",
              "upper",
              "--learning-rate",
              "1e-2",
              "--order",
              "3",
              "--samples",
              "2",
              "--relearning",
              "1",
              "--out",
              folder.resolve("audit").toString()
            });

    assertThat(Audit.run(arguments, new Printed().stream())).isTrue();

    assertThat(folder.resolve("audit").resolve("epochs.csv")).content().contains("\n1,");
    UpperWeights.assertOnlyTheyDiffer(folder.resolve("model"), folder.resolve("unlearned"));
  }
}
