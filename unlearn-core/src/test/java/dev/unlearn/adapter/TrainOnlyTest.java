package dev.unlearn.adapter;

import static dev.unlearn.adapter.Subject.SEQUENCES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.unlearn.CausalLms;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.NoTokenizer;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class TrainOnlyTest {
  private TrainableCausalLm model;

  @BeforeEach
  void open() {
    model = Subject.LLAMA.open();
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void trainOnly_changesWhatMatches() {
    Map<String, NDArray> weights = model.parameters();
    Map<String, float[]> before = Subject.values(weights);
    try (TrainedWeights last = Adapters.trainOnly(model, ".*\\.layers\\.1\\..*_proj\\.weight")) {
      assertThat(last.names()).hasSize(7);
      assertThat(model.parameters().keySet()).containsExactlyElementsOf(last.names());
      weights.forEach(
          (name, array) ->
              assertThat(Torch.requiresGradient(array))
                  .as(name)
                  .isEqualTo(last.names().contains(name)));

      Subject.train(model);

      Subject.values(weights)
          .forEach(
              (name, values) -> {
                if (last.names().contains(name)) {
                  assertThat(values).as(name).isNotEqualTo(before.get(name));
                } else {
                  assertThat(values).as(name).isEqualTo(before.get(name));
                }
              });
    }
    assertThat(model.parameters()).isSameAs(weights);
    assertThat(weights.values()).allMatch(Torch::requiresGradient);
  }

  /** Whatever is trained, its gradient is what it would be if all were; the head is special. */
  @ParameterizedTest
  @ValueSource(
      strings = {"lm_head.weight", "model.norm.weight", ".*layers.1.*", ".*embed_tokens.*", ".*"})
  void gradient_isAsIfAllWereTrained(String pattern) {
    Map<String, double[]> all = gradients();
    try (TrainedWeights some = Adapters.trainOnly(model, pattern)) {
      assertThat(some.names()).isNotEmpty();
      gradients()
          .forEach(
              (name, gradient) -> {
                assertThat(Values.largest(gradient)).as(name).isPositive();
                assertThat(Values.distance(gradient, all.get(name))).as(name).isLessThan(1e-6);
              });
    }
  }

  /** A sum over all that a pass hands out, each with a gradient of its own. */
  private Map<String, double[]> gradients() {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES.subList(0, 3));
        Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.zeroGradients(model.parameters().values());
      Pass pass = model.pass(batch);
      NDArray loss = pass.logProbabilities().square().sum().add(pass.logits().square().mean());
      loss = loss.add(pass.hiddenStates(1).square().mean());
      Torch.backward(loss, batch.manager().create(0.01f));
      pass.backward();
      Map<String, double[]> gradients = new LinkedHashMap<>();
      model.parameters().forEach((name, array) -> gradients.put(name, Values.gradientOf(array)));
      return gradients;
    }
  }

  @Test
  void save_isOfTheWholeModel(@TempDir Path folder) {
    double[] scores;
    try (TrainedWeights head = Adapters.trainOnly(model, "lm_head.weight")) {
      assertThat(head.names()).hasSize(1);
      Subject.train(model);
      CausalLms.save(model, folder.resolve("model"));
      scores = Subject.logProbabilities(model);
    }
    try (TrainableCausalLm loaded = CausalLms.load(folder.resolve("model"))) {
      assertThat(Subject.logProbabilities(loaded)).isEqualTo(scores);
    }
  }

  /** A model of any kind can train some of its weights. */
  @Test
  void trainOnly_torchScript() throws URISyntaxException {
    Path file = Path.of(TrainOnlyTest.class.getResource("/torchscript/ids.pt").toURI());
    try (TrainableCausalLm other =
        CausalLms.loadTorchScript(file, new NoTokenizer(), TinyModel.ON_CPU)) {
      List<String> names = List.copyOf(other.parameters().keySet());
      Map<String, float[]> before = Subject.values(other.parameters());
      Map<String, NDArray> weights = other.parameters();
      try (TrainedWeights some = Adapters.trainOnly(other, Pattern.quote(names.get(1)));
          Updates updates =
              new Updates(other, Objectives.gradientAscent(), Optimizers.sgd(0.1), 4096)) {
        assertThat(some.names()).containsExactly(names.get(1));
        updates.update(List.of(TokenSequence.of(3, 1, 4, 1, 5)));
      }
      Map<String, float[]> after = Subject.values(weights);
      assertThat(names.stream().filter(n -> !Arrays.equals(after.get(n), before.get(n))))
          .containsExactly(names.get(1));
    }
  }

  @Test
  void trainOnly_noMatch() {
    assertThatThrownBy(() -> Adapters.trainOnly(model, "lm_head"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pattern must match the name of a parameter, but was: lm_head");
  }

  @Test
  void trainOnly_noRegularExpression() {
    assertThatThrownBy(() -> Adapters.trainOnly(model, "[a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("pattern must be a regular expression, but was: [a (Unclosed character class)");
  }

  @Test
  void close_twiceAndAfterTheModel() {
    TrainedWeights some = Adapters.trainOnly(model, ".*norm.*");
    some.close();
    some.close();
    TrainedWeights others = Adapters.trainOnly(model, ".*norm.*");
    model.close();
    others.close();

    assertThatThrownBy(() -> Adapters.trainOnly(model, ".*")).hasMessage("the model is closed");
  }
}
