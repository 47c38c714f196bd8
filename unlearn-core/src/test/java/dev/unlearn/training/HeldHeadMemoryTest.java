package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Memory for probabilities stays with the model from one update to the next, and no longer. */
@Tag("engine")
final class HeldHeadMemoryTest {
  /** Rows of 20 probabilities fill a line of the cache, of 32. */
  private static final long COLUMNS = 32;

  private static final int LENGTH = 12;

  @Test
  void update_leavesTheLargest() {
    try (TrainableCausalLm model = TinyModel.gpt2(1, TinyModel.ON_CPU)) {
      assertThat(held(model)).isEmpty();
      try (Updates updates =
          new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(1e-3), 4096)) {
        for (int sequences : new int[] {3, 1, 2}) {
          updates.update(TinyModel.random(1, sequences, LENGTH));
          assertThat(held(model)).containsExactly(new Shape(3 * (LENGTH - 1), COLUMNS));
        }
        List<TokenSequence> more = TinyModel.random(2, 4, LENGTH);
        updates.update(more);
        assertThat(held(model)).containsExactly(new Shape(4 * (LENGTH - 1), COLUMNS));
      }
      assertThat(held(model)).isEmpty();
    }
  }

  private static List<Shape> held(TrainableCausalLm model) {
    return ((BaseNDManager) model.manager())
        .getManagedArrays().stream()
            .map(array -> array.getShape())
            .filter(shape -> shape.dimension() == 2 && shape.get(1) == COLUMNS)
            .toList();
  }
}
