package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.CausalLms;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a model that knows nothing; what is measured and tried is the matter of AuditWorkTest. */
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
}
