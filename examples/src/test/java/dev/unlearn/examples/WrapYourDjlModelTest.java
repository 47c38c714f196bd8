package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class WrapYourDjlModelTest {
  @Test
  void run_forgetsAndIsSavedByItsOwner(@TempDir Path folder) throws IOException {
    Printed printed = new Printed();
    ForgetReport report = WrapYourDjlModel.run(folder, printed.stream());

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    // An embedding, a convolution of 40 tokens, and 95 logits.
    assertThat(report.model().parameterCount())
        .isEqualTo(95 * 16 + (16 * 40 + 1) * 64 + (64 + 1) * 95);
    assertThat(printed.after("MA of four records, before")).isEqualTo("[1.0, 1.0, 1.0, 1.0]");
    assertThat(printed.after("MA of four records, after"))
        .startsWith(report.after().get("ma").perSequence().toString().replace("]", ","));
    assertThat(report.after().get("ma").value()).isLessThan(0.2);
    assertThat(printed.after("saved by DJL: ")).isEqualTo("true");
    assertThat(folder.resolve("own-0000.params")).isNotEmptyFile();
  }
}
