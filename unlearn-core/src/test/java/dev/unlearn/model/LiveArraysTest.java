package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.training.Updates;
import java.lang.reflect.Field;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Nothing a model does may leave arrays or managers behind: native memory is not collected. */
@Tag("engine")
final class LiveArraysTest {
  private static final List<TokenSequence> SEQUENCES = TestSequences.random(1, 13, 10, 3, 7, 1);

  private final TestNetwork network = new TestNetwork();
  private final DjlCausalLm model =
      new DjlCausalLm(
          "tiny", network, new NoTokenizer(), true, (parameters, target, options) -> {});

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void score_leavesNothing() {
    assertConstant(() -> assertThat(model.score(SEQUENCES)).hasSize(4));
  }

  @Test
  void generate_leavesNothing() {
    assertConstant(() -> assertThat(model.generate(SEQUENCES, Decoding.greedyTo(10))).hasSize(4));
  }

  @Test
  void pass_leavesNothing() {
    assertConstant(
        () -> {
          try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES);
              Torch.GradientMode on = Torch.gradientsOn()) {
            Pass pass = model.pass(batch);
            NDArray loss =
                pass.logProbabilities()
                    .sum()
                    .add(pass.logits().sum())
                    .add(pass.hiddenStates(1).sum());
            Torch.backward(loss, batch.manager().ones(new Shape()));
            pass.backward();
          }
          Torch.zeroGradients(model.parameters().values());
        });
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void update_leavesNothing(Optimizer optimizer) {
    int before = arrays();
    try (Updates updates = new Updates(model, Objectives.gradientAscent(), optimizer, 16)) {
      assertConstant(() -> updates.update(SEQUENCES));
    }
    assertThat(arrays()).isEqualTo(before);
  }

  static Stream<Optimizer> optimizers() {
    return Stream.of(Optimizers.sgd(1e-4), Optimizers.adam(1e-5));
  }

  @Test
  void update_newOptimizerEachTime() {
    assertConstant(
        () -> {
          try (Updates updates =
              new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-5), 16)) {
            updates.update(SEQUENCES);
          }
        });
  }

  private void assertConstant(Runnable round) {
    for (int i = 0; i < 3; i++) {
      round.run();
    }
    int arrays = arrays();
    int resources = resources();
    for (int i = 0; i < 50; i++) {
      round.run();
    }
    assertThat(arrays()).isEqualTo(arrays);
    assertThat(resources()).isEqualTo(resources);
  }

  private int arrays() {
    return ((BaseNDManager) model.manager()).getManagedArrays().size();
  }

  /** An empty manager that was left open holds no array, but stays in its parent's map for good. */
  private int resources() {
    try {
      Field resources = BaseNDManager.class.getDeclaredField("resources");
      resources.setAccessible(true);
      return ((Map<?, ?>) resources.get(model.manager())).size();
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
