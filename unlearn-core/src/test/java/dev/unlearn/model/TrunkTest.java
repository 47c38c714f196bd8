package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.HeadMemory;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.internal.Values;
import dev.unlearn.model.decoder.BlockForm;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.training.UpdateResult;
import dev.unlearn.training.Updates;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which layers a pass runs, there and back, and that computing them twice changes nothing. */
@Tag("engine")
final class TrunkTest {
  private static final List<TokenSequence> RAGGED =
      List.of(
          TokenSequence.of(3, 1, 4, 1, 5, 9),
          TokenSequence.of(2, 7, 1),
          TokenSequence.of(8, 2, 8, 4, 5).withPromptLength(3));

  /** As long. */
  private static final List<TokenSequence> OTHERS =
      List.of(
          TokenSequence.of(2, 7, 1, 8, 2, 8),
          TokenSequence.of(3, 1, 4),
          TokenSequence.of(1, 5, 9, 2, 6).withPromptLength(3));

  private TestNetwork network = new TestNetwork();

  @AfterEach
  void close() {
    network.close();
  }

  private void use(DecoderSpec spec) {
    network.close();
    network = new TestNetwork(spec);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void forward_asFarAsAsked(boolean checkpointed) {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      NetworkPass pass = new NetworkPass(network, batch, true, checkpointed, new HeadMemory());
      assertThat(network.layersRun).isEmpty();

      assertThat(pass.hiddenStates(1).getShape()).isEqualTo(new Shape(3, 6, 8));
      assertThat(pass.hiddenStates(0).getShape()).isEqualTo(new Shape(3, 6, 8));
      assertThat(network.layersRun).containsExactly(0, 1);
      assertThat(pass.reachedEnd()).isFalse();

      assertThat(pass.logProbabilities().getShape()).isEqualTo(new Shape(3, 5));
      assertThat(network.layersRun).containsExactly(0, 1, 2);
      assertThat(pass.reachedEnd()).isTrue();
    }
  }

  /** Neither to train, nor to ask the original model, nor to report a loss. */
  @Test
  void rmu_stopsAtItsLayer() {
    ForgetReport report;
    try (DjlCausalLm model = network.model()) {
      report =
          Unlearner.builder()
              .objective(Objectives.rmu(1, 2, 1).withRetain(3, RetainTerms.hiddenStates(1)))
              .optimizer(Optimizers.sgd(0.1))
              .retain(Corpus.of(OTHERS))
              .stopWhen(StoppingCriteria.maxEpochs(2))
              .build()
              .forget(model, ForgetSet.of(RAGGED));
    }

    assertThat(network.layersRun).containsOnly(0, 1).hasSize(2 * 2 * 3);
    assertThat(report.epochs()).hasSize(3).allMatch(epoch -> epoch.loss().isEmpty());
    assertThat(report.epochs().get(2).objective()).isPresent();
    assertThat(report.epochs().get(2).gradientNorm().getAsDouble()).isPositive();
  }

  @Test
  void rmu_noLossButWithOthers() {
    try (DjlCausalLm model = network.model();
        Updates updates = new Updates(model, Objectives.rmu(1, 2, 1), Optimizers.sgd(0.1), 100)) {
      UpdateResult result = updates.update(RAGGED);
      assertThat(result.loss()).isEmpty();
      assertThat(result.isFinite()).isTrue();
    }
    use(TestDecoders.spec(draft -> {}));
    try (DjlCausalLm model = network.model();
        Updates updates =
            new Updates(
                model,
                Objectives.rmu(1, 2, 1).plus(1, Objectives.gradientAscent()),
                Optimizers.sgd(0.1),
                100)) {
      assertThat(updates.update(RAGGED).loss()).isPresent();
    }
  }

  /** Only the upper layer is trained: nothing below it has a gradient or is run again. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void backward_downToTheLowestTrained(boolean checkpointed) {
    network.parameters().forEach((name, p) -> p.setRequiresGradient(name.startsWith("layers.1.")));

    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      send(new NetworkPass(network, batch, true, checkpointed, new HeadMemory()), true);
    }

    assertThat(network.layersRun)
        .containsExactlyElementsOf(checkpointed ? List.of(0, 1, 2, 2) : List.of(0, 1, 2));
    network
        .parameters()
        .forEach(
            (name, parameter) ->
                assertThat(TorchOps.get().withoutGradient(List.of(parameter)).isEmpty())
                    .as(name)
                    .isEqualTo(name.startsWith("layers.1.")));
  }

  /** Nothing but the final norm, which is above the last state that a layer leaves. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void backward_whereNothingBelowIsTrained(boolean checkpointed) {
    network.parameters().values().forEach(p -> p.setRequiresGradient(false));

    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      send(new NetworkPass(network, batch, true, checkpointed, new HeadMemory()), true);
    }

    assertThat(network.layersRun).containsExactly(0, 1, 2);
    assertThat(TorchOps.get().withoutGradient(network.parameters().values()))
        .hasSize(network.parameters().size());
  }

  @ParameterizedTest
  @EnumSource(BlockForm.class)
  void checkpointed_sameGradients(BlockForm form) {
    assertSame(TestDecoders.spec(draft -> draft.more = builder -> builder.blockForm(form)));
  }

  static Stream<DecoderSpec> specs() {
    return Stream.of(
        TestDecoders.spec(draft -> {}),
        TestDecoders.spec(
            draft ->
                draft.more =
                    builder -> builder.gated(true).attentionCap(2).logitCap(3).embeddingScale(2)));
  }

  @ParameterizedTest
  @MethodSource("specs")
  void checkpointed_sameGradientsOfOtherParts(DecoderSpec spec) {
    assertSame(spec);
  }

  private void assertSame(DecoderSpec spec) {
    use(spec);
    Map<String, double[]> plain = gradients(false, false);
    assertThat(network.layersRun).containsExactly(0, 1, 2);
    network.layersRun.clear();
    Map<String, double[]> checkpointed = gradients(true, false);
    assertThat(network.layersRun).containsExactly(0, 1, 2, 2, 1, 0);
    assertThat(plain.values()).allMatch(values -> Values.largest(values) > 0);
    assertClose(checkpointed, plain);

    assertClose(gradients(true, true), gradients(false, true));
  }

  /** Up to a few roundings of numbers up to 8: sums are formed in another order. */
  private static void assertClose(Map<String, double[]> actual, Map<String, double[]> expected) {
    expected.forEach(
        (name, values) ->
            assertThat(Values.distance(actual.get(name), values)).as(name).isLessThan(3e-6));
  }

  private Map<String, double[]> gradients(boolean checkpointed, boolean states) {
    Torch.zeroGradients(network.parameters().values());
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      send(new NetworkPass(network, batch, true, checkpointed, new HeadMemory()), states);
    }
    Map<String, double[]> result = new LinkedHashMap<>();
    network.parameters().forEach((name, p) -> result.put(name, Values.gradientOf(p)));
    return result;
  }

  /** Through leaves of the head, and of all states if wanted. */
  private static void send(Pass pass, boolean withStates) {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      List<NDArray> terms = new ArrayList<>();
      terms.add(weighted(pass.logProbabilities(), 1));
      for (int layer = 0; withStates && layer < 3; layer++) {
        NDArray states = pass.hiddenStates(layer);
        terms.add(weighted(states.mul(states), 2 + layer));
      }
      NDArray loss = terms.stream().reduce(NDArray::add).orElseThrow();
      Torch.backward(loss, pass.batch().manager().ones(new Shape()));
    }
    pass.backward();
  }

  private static NDArray weighted(NDArray values, long seed) {
    return values
        .mul(Values.random(values.getManager(), seed, 0.1, values.getShape().getShape()))
        .sum();
  }
}
