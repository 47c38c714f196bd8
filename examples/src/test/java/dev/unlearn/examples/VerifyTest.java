package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class VerifyTest {
  private static final Path GOLDEN =
      Path.of("..", "unlearn-core", "src", "test", "resources", "golden");

  @Test
  void compare_goldenModel() throws IOException {
    Printed printed = new Printed();
    Comparison comparison = new Comparison(printed.stream());
    Path folder = GOLDEN.resolve("llama_gqa");

    Verify.compare(folder, Verify.golden(folder), comparison);

    assertThat(comparison.allHold()).isTrue();
    assertThat(printed.lines()).hasSizeGreaterThan(10).allMatch(line -> line.startsWith("ok "));
  }

  @Test
  void compare_stepsOfOptimizers() throws IOException {
    Printed printed = new Printed();
    Comparison comparison = new Comparison(printed.stream());

    Verify.compare(GOLDEN.resolve("gpt2"), Verify.golden(GOLDEN.resolve("gpt2")), comparison);

    assertThat(comparison.allHold()).isTrue();
    assertThat(printed.lines()).anyMatch(line -> line.startsWith("ok    adam3_loss_trace: "));
  }
}
