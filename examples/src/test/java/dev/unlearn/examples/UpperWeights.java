package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.CausalLms;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;

/** What {@code --train upper} trains in a {@link SmallModel} of two layers. */
final class UpperWeights {
  private UpperWeights() {}

  static void assertOnlyTheyDiffer(Path original, Path unlearned) {
    try (TrainableCausalLm before = CausalLms.load(original);
        TrainableCausalLm after = CausalLms.load(unlearned)) {
      before
          .parameters()
          .forEach(
              (name, array) ->
                  assertThat(after.parameters().get(name).contentEquals(array))
                      .as(name)
                      .isEqualTo(!name.contains("h.1.mlp")));
    }
  }
}
