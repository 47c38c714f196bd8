package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.unlearn.TinyModel;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class FreedGradientsTest {
  /** Tables keep theirs, which a pass needs before it is sent backward. */
  @Test
  void update_keepsThoseOfTablesOnly() {
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        Updates updates =
            new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(1e-3), 4096)) {
      for (int update = 0; update < 2; update++) {
        updates.update(TinyModel.recited().sequences());

        assertThat(withGradient(model))
            .containsExactlyInAnyOrder("transformer.wte.weight", "transformer.wpe.weight");
      }
    }
  }

  private static Set<String> withGradient(TrainableCausalLm model) {
    List<NDArray> without = TorchOps.get().withoutGradient(model.parameters().values());
    Set<String> names = new LinkedHashSet<>();
    model
        .parameters()
        .forEach(
            (name, array) -> {
              if (without.stream().noneMatch(other -> other == array)) {
                names.add(name);
              }
            });
    return names;
  }
}
