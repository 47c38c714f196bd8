package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TaskVectorResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.internal.HostValues;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class TaskVectorsTest {
  private static final ForgetSet SET = TinyModel.recited();

  private TrainableCausalLm model;
  private String original;
  private int arrays;

  @BeforeEach
  void openModel() {
    model = TinyModel.gpt2(1);
    original = WeightsDigest.of(model);
    arrays = model.manager().getManagedArrays().size();
  }

  @AfterEach
  void closeModel() {
    assertThat(model.manager().getManagedArrays()).hasSize(arrays);
    model.close();
  }

  /** One step of plain descent is known: θ_ft = θ − η g, so that θ becomes θ + α η g. */
  @Test
  void negate_oneStepIsAscent() {
    Map<String, float[]> before = values(model);
    Map<String, float[]> fineTuned;
    try (TrainableCausalLm twin = TinyModel.gpt2(1)) {
      teach(twin, Optimizers.sgd(0.01), 1);
      fineTuned = values(twin);
    }

    TaskVectors.negate(model, SET, options(3, 1, Optimizers.sgd(0.01)));

    values(model)
        .forEach(
            (name, values) -> {
              float[] theta = before.get(name);
              float[] tuned = fineTuned.get(name);
              for (int i = 0; i < values.length; i++) {
                assertThat(values[i])
                    .isCloseTo(theta[i] - 3 * (tuned[i] - theta[i]), within(1e-6f));
              }
            });
    assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
  }

  @Test
  void negate_forgets() {
    teach(model, Optimizers.adam(1e-2), 20);
    double before = TokenLoss.of().measure(model, SET.sequences()).value();

    TaskVectorResult result = TaskVectors.negate(model, SET, options(1, 40, Optimizers.adam(3e-3)));

    assertThat(result.originalLoss()).isCloseTo(before, within(1e-5));
    assertThat(result.overfitLoss()).isLessThan(before / 2);
    assertThat(result.negatedLoss())
        .isGreaterThan(before + 0.5)
        .isCloseTo(TokenLoss.of().measure(model, SET.sequences()).value(), within(1e-5));
  }

  /** The vector is of the weights; that of the adapter's two matrices would be another one. */
  @Test
  void negate_adapter() {
    try (Adapter adapter = Adapters.lora().attach(model)) {
      assertThatThrownBy(() -> TaskVectors.negate(model, SET, options(1, 1, Optimizers.sgd(0.1))))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a model with an adapter has no task vector of its weights: merge the adapter, or"
                  + " close it");
      adapter.merge();
      assertThat(TaskVectors.negate(model, SET, options(1, 1, Optimizers.sgd(0.1)))).isNotNull();
    }
  }

  @Test
  void negate_gradientBecomesNotFinite() {
    assertThatThrownBy(() -> TaskVectors.negate(model, SET, options(5, 3, Optimizers.sgd(1e39))))
        .isInstanceOf(UnlearningException.class)
        .hasMessageStartingWith(
            "unlearning failed in epoch 2 (IllegalStateException: loss or gradient became NaN or"
                + " infinite: UpdateResult[")
        .hasMessageEndingWith("); the original weights are restored");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  /** Adam moves weights by 10, and 1e39 is beyond float32. */
  @Test
  void negate_weightsBecomeNotFinite() {
    assertThatThrownBy(() -> TaskVectors.negate(model, SET, options(1e38, 1, Optimizers.adam(10))))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "unlearning failed in epoch 1 (IllegalStateException: the weights became NaN or"
                + " infinite); the original weights are restored");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void negate_optimizerThrows() {
    IllegalStateException boom = new IllegalStateException("boom");
    Optimizer optimizer = failingIn(2, () -> boom);
    assertThatThrownBy(() -> TaskVectors.negate(model, SET, options(5, 3, optimizer)))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "unlearning failed in epoch 2 (IllegalStateException: boom);"
                + " the original weights are restored")
        .hasCause(boom);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  /** Nobody must take a model for the original one that has other weights. */
  @Test
  void negate_weightsAreNotBack() {
    try (TrainableCausalLm other = TinyModel.gpt2(2)) {
      boolean[] failed = {false};
      TrainableCausalLm changing =
          new DelegatingCausalLm(model) {
            @Override
            public Map<String, NDArray> parameters() {
              return failed[0] ? other.parameters() : super.parameters();
            }
          };
      Optimizer optimizer =
          failingIn(
              2,
              () -> {
                failed[0] = true;
                return new IllegalStateException("boom");
              });
      assertThatThrownBy(() -> TaskVectors.negate(changing, SET, options(5, 3, optimizer)))
          .isInstanceOf(UnlearningException.class)
          .hasMessage(
              "unlearning failed in epoch 2 (IllegalStateException: boom);"
                  + " the original weights could NOT be restored: load the model again");
    }
  }

  @Test
  void negate_idOutsideTheVocabulary() {
    ForgetSet foreign = ForgetSet.of(TokenSequence.of(1, TinyModel.VOCABULARY));
    assertThatThrownBy(() -> TaskVectors.negate(model, foreign, TaskVectorOptions.defaults()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void options_defaults() {
    TaskVectorOptions options = TaskVectorOptions.defaults();
    assertThat(options.alpha()).isEqualTo(5);
    assertThat(options.epochs()).isEqualTo(10);
    assertThat(options.optimizer().description()).isEqualTo(Optimizers.adam(5e-5).description());
    assertThat(options.microBatchTokens()).isEqualTo(4096);
  }

  @Test
  void options_bad() {
    assertThatThrownBy(() -> TaskVectorOptions.builder().alpha(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("alpha must be finite and > 0, but was: 0.0");
    assertThatThrownBy(() -> TaskVectorOptions.builder().epochs(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("epochs must be > 0, but was: 0");
    assertThatThrownBy(() -> TaskVectorOptions.builder().microBatchTokens(-1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("microBatchTokens must be > 0, but was: -1");
  }

  private static void teach(TrainableCausalLm model, Optimizer optimizer, int steps) {
    try (Updates updates = new Updates(model, Objectives.gradientDescent(), optimizer, 24)) {
      for (int step = 0; step < steps; step++) {
        updates.update(SET.sequences());
      }
    }
  }

  private static TaskVectorOptions options(double alpha, int epochs, Optimizer optimizer) {
    return TaskVectorOptions.builder()
        .alpha(alpha)
        .epochs(epochs)
        .optimizer(optimizer)
        .microBatchTokens(24)
        .build();
  }

  /** Plain descent that fails once weights have been changed. */
  private static Optimizer failingIn(int update, Supplier<RuntimeException> failure) {
    return new Optimizer() {
      @Override
      public OptimizerState start(NDManager manager, List<NDArray> parameters) {
        OptimizerState sgd = Optimizers.sgd(0.1).start(manager, parameters);
        int[] updates = {0};
        return new OptimizerState() {
          @Override
          public void update(List<NDArray> gradients) {
            sgd.update(gradients);
            if (++updates[0] == update) {
              throw failure.get();
            }
          }

          @Override
          public void close() {
            sgd.close();
          }
        };
      }

      @Override
      public String description() {
        return "failing";
      }
    };
  }

  private static Map<String, float[]> values(TrainableCausalLm model) {
    return model.parameters().entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> HostValues.floats(entry.getValue())));
  }
}
