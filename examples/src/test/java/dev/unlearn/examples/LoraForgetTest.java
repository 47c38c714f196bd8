package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class LoraForgetTest {
  @Test
  void run_forgetsInTheAdapterOnly(@TempDir Path folder) {
    Printed printed = new Printed();
    assertThat(LoraForget.run(folder, printed.stream())).isTrue();

    String nothing = "MA of two forgotten records 1.000, of two others 1.000";
    assertThat(printed.after("the base  ")).isEqualTo(nothing);
    assertThat(printed.after("the adapter closed")).isEqualTo(nothing);
    assertThat(printed.after("with the adapter")).isNotEqualTo(nothing);
    assertThat(printed.after("the base's weights")).endsWith("the same");
    assertThat(folder.resolve("adapter"))
        .isDirectoryContaining("glob:**adapter_config.json")
        .isDirectoryContaining("glob:**adapter_model.safetensors");

    assertThat(forgotten(folder.resolve("base"))).isEqualTo(1);
    double merged = forgotten(folder.resolve("merged"));
    assertThat(merged).isLessThan(0.2);
    // Sums in another order may change a digit of 32.
    assertThat(merged)
        .isCloseTo(
            Double.parseDouble(
                printed.after("with the adapter").replaceAll(".*records ([0-9.]+),.*", "$1")),
            within(1 / 32.0));
  }

  private static double forgotten(Path model) {
    try (TrainableCausalLm loaded = CausalLms.load(model)) {
      List<TokenSequence> two =
          SyntheticText.secrets(
              loaded.tokenizer().sequences(new SyntheticText(42).records(4).subList(0, 2)));
      return MemorizationAccuracy.of().measure(loaded, two).value();
    }
  }
}
