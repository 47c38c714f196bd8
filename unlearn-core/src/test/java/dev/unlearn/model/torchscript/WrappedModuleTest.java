package dev.unlearn.model.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import dev.unlearn.CausalLms;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.Signature;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** TorchScript models that their owner loads and lends by {@link CausalLms#wrap}. */
@Tag("engine")
final class WrappedModuleTest {
  private final Model model = Model.newInstance("lent", Device.cpu(), Torch.ENGINE);

  @AfterEach
  void close() {
    model.close();
  }

  /** DJL switches a module to training whenever a forward in training follows one that was not. */
  @Test
  void wrap_moduleThatWasInTraining() throws Exception {
    load("dropout", true);
    assertThat(forward(false)).isEqualTo(forward(false));
    assertThat(forward(true)).isNotEqualTo(forward(true));

    try (TrainableCausalLm wrapped = wrap(Signature.ids(12))) {
      assertThat(Fixtures.loss(wrapped))
          .isCloseTo(Fixtures.golden("dropout").get("loss")[0], within(1e-5));
    }
  }

  @Test
  void wrap_tiedWeights() throws Exception {
    load("ids_tied", true);
    List<Parameter> owned = model.getBlock().getParameters().values();

    try (TrainableCausalLm wrapped = wrap(Signature.ids(12))) {
      assertThat(wrapped.parameters())
          .hasSize(owned.size() - 1)
          .doesNotContainKey("trunk.head.weight");
      assertThat(owned).allMatch(parameter -> parameter.getArray().hasGradient());
    }
    assertThat(owned).allMatch(parameter -> parameter.getArray().hasGradient());
  }

  @Test
  void close_leavesGradientsAsTheyWere() throws Exception {
    load("ids", true);
    List<Parameter> owned = model.getBlock().getParameters().values();
    owned.get(0).getArray().setRequiresGradient(false);

    wrap(Signature.ids(12)).close();

    assertThat(Torch.requiresGradient(owned.get(0).getArray())).isFalse();
    assertThat(Torch.requiresGradient(owned.get(1).getArray())).isTrue();
    assertThat(forward(false)).hasSize(40);
  }

  @Test
  void wrap_moduleLoadedForInference() throws Exception {
    load("ids", false);

    assertThatThrownBy(() -> wrap(Signature.ids(12)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the block must have parameters that are not frozen, but has none; a TorchScript model must"
                + " be loaded with option trainParam=true, and not be made by torch.jit.freeze");
  }

  @Test
  void updates_leaveNothingBehind() throws Exception {
    load("past", true);
    try (TrainableCausalLm wrapped = wrap(Fixtures.TEXT_GENERATION);
        Updates updates =
            new Updates(wrapped, Objectives.gradientAscent(), Optimizers.sgd(0.01), 4096)) {
      assertThat(updates.update(Fixtures.ROWS).loss().orElseThrow()).isPositive();
      int before = managed(wrapped);

      for (int i = 0; i < 5; i++) {
        assertThat(updates.update(Fixtures.ROWS).loss().orElseThrow()).isPositive();
        assertThat(Fixtures.loss(wrapped)).isPositive();
      }

      assertThat(managed(wrapped)).isEqualTo(before);
    }
  }

  private void load(String name, boolean train) throws Exception {
    Map<String, String> options = Map.of("trainParam", String.valueOf(train));
    model.load(Fixtures.path(name + ".pt"), null, options);
  }

  private TrainableCausalLm wrap(Signature signature) {
    return CausalLms.wrap(model, Fixtures.NO_TOKENIZER, signature);
  }

  private float[] forward(boolean training) {
    try (NDManager scope = model.getNDManager().newSubManager();
        Torch.GradientMode off = Torch.gradientsOff()) {
      NDArray ids = scope.create(new long[] {1}, new Shape(1, 1));
      Block block = model.getBlock();
      ParameterStore store = new ParameterStore(scope, false);
      return block.forward(store, new NDList(ids), training).singletonOrThrow().toFloatArray();
    }
  }

  private static int managed(TrainableCausalLm model) {
    return ((BaseNDManager) model.manager()).getManagedArrays().size();
  }
}
