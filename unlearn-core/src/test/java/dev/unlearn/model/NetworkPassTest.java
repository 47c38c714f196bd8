package dev.unlearn.model;

import static dev.unlearn.model.PassGradients.RAGGED;
import static dev.unlearn.model.PassGradients.addGradients;
import static dev.unlearn.model.PassGradients.assertClose;
import static dev.unlearn.model.PassGradients.assertSame;
import static dev.unlearn.model.PassGradients.backward;
import static dev.unlearn.model.PassGradients.gradients;
import static dev.unlearn.model.PassGradients.plainGradients;
import static dev.unlearn.model.PassGradients.random;
import static dev.unlearn.model.PassGradients.read;
import static dev.unlearn.model.PassGradients.weighted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.HeadMemory;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The two-part backward pass against one backward pass over everything at once. */
@Tag("engine")
final class NetworkPassTest {
  private final TestNetwork network = new TestNetwork();

  @AfterEach
  void close() {
    network.close();
  }

  @Test
  void logProbabilities_valuesAndGradients() {
    assertSame(network, RAGGED, PassGradients::weighted);
  }

  /** The head gives 139 rows of 60,000 logits a piece: 267 targets are two, forward and back. */
  @Test
  void logProbabilities_inPieces() {
    try (TestNetwork large =
        new TestNetwork(
            TestDecoders.spec(
                draft -> {
                  draft.vocabularySize = 60_000;
                  draft.contextLength = 100;
                }))) {
      List<TokenSequence> sequences = TestSequences.random(3, 60_000, 100, 100, 70);
      Function<Leaves, NDArray> loss = leaves -> weighted(leaves).mul(0.1f);

      Map<String, double[]> actual =
          gradients(large, sequences, pass -> backward(loss.apply(Leaves.of(pass)), pass));
      assertThat(large.headRows).containsExactly(139L, 128L, 139L, 128L);

      assertClose(actual, plainGradients(large, sequences, loss), 1e-6);
    }
  }

  @Test
  void logits_valuesAndGradients() {
    Function<Leaves, NDArray> loss =
        leaves -> {
          NDArray logits = leaves.logits();
          assertThat(logits.getShape()).isEqualTo(new Shape(3, 5, 13));
          return logits.softmax(-1).mul(random(logits, 5)).sum();
        };

    assertSame(network, RAGGED, loss);
  }

  @Test
  void logits_sameGradientsAsLogProbabilities() {
    Map<String, double[]> byLogits =
        gradients(
            network,
            RAGGED,
            pass -> {
              NDArray next = pass.batch().ids().get(new NDIndex(":, 1:"));
              NDArray perToken =
                  pass.logits().logSoftmax(-1).gather(next.expandDims(2), 2).squeeze(2);
              backward(
                  perToken.mul(pass.batch().targetMask()).mul(random(perToken, 4)).sum(), pass);
            });

    assertClose(
        byLogits,
        gradients(network, RAGGED, pass -> backward(weighted(Leaves.of(pass)), pass)),
        1e-6);
  }

  @Test
  void logitsAt_places() {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      Pass pass = new NetworkPass(network, batch, false, false, new HeadMemory());

      double[] whole = Values.of(pass.logits());
      double[] some = Values.of(pass.logitsAt(new long[] {14, 3, 5}));

      for (int i = 0; i < 13; i++) {
        assertThat(some[i]).isCloseTo(whole[14 * 13 + i], within(1e-6));
        assertThat(some[13 + i]).isCloseTo(whole[3 * 13 + i], within(1e-6));
        assertThat(some[26 + i]).isCloseTo(whole[5 * 13 + i], within(1e-6));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void hiddenStates_valuesAndGradients(int layer) {
    Function<Leaves, NDArray> loss = leaves -> weightedSquare(leaves, layer);

    assertSame(network, RAGGED, loss);
  }

  @Test
  void hiddenStates_reachOnlyWhatIsBelow() {
    Map<String, double[]> gradients =
        gradients(network, RAGGED, pass -> backward(weightedSquare(Leaves.of(pass), 1), pass));

    assertThat(Values.largest(gradients.get("layers.0.inner.up.weight"))).isPositive();
    assertThat(Values.largest(gradients.get("layers.1.inner.up.weight"))).isZero();
    assertThat(Values.largest(gradients.get("norm.weight"))).isZero();
  }

  @Test
  void leaves_mixedAddUp() {
    Function<Leaves, NDArray> loss =
        leaves ->
            weighted(leaves)
                .add(leaves.logits().mul(random(leaves.logits(), 6)).sum().mul(0.1f))
                .add(weightedSquare(leaves, 0))
                .add(weightedSquare(leaves, 1).mul(0.5f))
                .add(weightedSquare(leaves, 2).mul(0.3f));

    assertSame(network, RAGGED, loss);
  }

  @Test
  void leaves_twoPassesAccumulate() {
    Map<String, double[]> once =
        gradients(network, RAGGED, pass -> backward(weighted(Leaves.of(pass)), pass));

    Torch.zeroGradients(network.parameters().values());
    addGradients(network, RAGGED, pass -> backward(weighted(Leaves.of(pass)), pass));
    addGradients(network, RAGGED, pass -> backward(weighted(Leaves.of(pass)), pass));

    Map<String, double[]> twice = read(network);
    twice.values().forEach(values -> scale(values, 0.5));
    assertClose(twice, once, 1e-6);
  }

  @Test
  void leaves_unusedContributeNothing() {
    Map<String, double[]> expected =
        gradients(network, RAGGED, pass -> backward(weighted(Leaves.of(pass)), pass));

    Map<String, double[]> actual =
        gradients(
            network,
            RAGGED,
            pass -> {
              assertThat(pass.logits().getShape().dimension()).isEqualTo(3);
              assertThat(pass.hiddenStates(0).getShape().dimension()).isEqualTo(3);
              assertThat(pass.hiddenStates(2).getShape().dimension()).isEqualTo(3);
              backward(weighted(Leaves.of(pass)), pass);
            });

    assertClose(actual, expected, 1e-6);
  }

  @Test
  void backward_withoutAnyGradient() {
    Map<String, double[]> nothingAsked = gradients(network, RAGGED, Pass::backward);
    Map<String, double[]> nothingUsed =
        gradients(
            network,
            RAGGED,
            pass -> {
              assertThat(pass.logProbabilities().getShape()).isEqualTo(new Shape(3, 5));
              assertThat(pass.hiddenStates(1).getShape()).isEqualTo(new Shape(3, 6, 8));
              pass.backward();
            });

    assertThat(nothingAsked.values()).allMatch(values -> Values.largest(values) == 0);
    assertThat(nothingUsed.values()).allMatch(values -> Values.largest(values) == 0);
  }

  /** The head is asked for the logits, and not once more to send nothing back. */
  @Test
  void logits_unused() {
    Map<String, double[]> gradients =
        gradients(
            network,
            RAGGED,
            pass -> {
              assertThat(pass.logits().getShape()).isEqualTo(new Shape(3, 5, 13));
              pass.backward();
            });

    assertThat(network.headRows).containsExactly(18L);
    assertThat(gradients.values()).allMatch(values -> Values.largest(values) == 0);
  }

  @Test
  void backward_twice() {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      Pass pass = new NetworkPass(network, batch, true, false, new HeadMemory());
      pass.backward();

      assertThatThrownBy(pass::backward)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a pass can be sent backward once only");
    }
  }

  /** The prompt of the third row and all padding. */
  @Test
  void nonTargets_haveNoValueAndNoGradient() {
    Map<String, double[]> gradients =
        gradients(
            network,
            RAGGED,
            pass -> {
              float[] mask = pass.batch().targetMask().toFloatArray();
              assertThat(mask).containsExactly(1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 0);
              NDArray values = pass.logProbabilities();
              for (int i = 0; i < mask.length; i++) {
                assertThat(values.toFloatArray()[i] == 0).isEqualTo(mask[i] == 0);
              }
              backward(values.mul(pass.batch().targetMask().sub(1)).sum(), pass);
            });

    assertThat(gradients.values()).allMatch(values -> Values.largest(values) == 0);
  }

  /** Paddings hold id 0; another id there changes no gradient, either. */
  @Test
  void padding_changesNoGradient() {
    List<TokenSequence> whole = RAGGED.subList(0, 2);
    Consumer<Pass> work = pass -> backward(pass.logProbabilities().sum().mul(0.1f), pass);
    Map<String, double[]> together = gradients(network, whole, work);

    Torch.zeroGradients(network.parameters().values());
    for (TokenSequence sequence : whole) {
      addGradients(network, List.of(sequence), work);
    }

    assertClose(together, read(network), 1e-6);
  }

  /** The trunk keeps its graph; the head is computed without one, and again with one to go back. */
  @Test
  void gradientMode_onWhereNeeded() {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED);
        Torch.GradientMode off = Torch.gradientsOff()) {
      Pass pass = new NetworkPass(network, batch, true, false, new HeadMemory());
      NDArray loss;
      try (Torch.GradientMode on = Torch.gradientsOn()) {
        loss = pass.logProbabilities().sum();
      }
      backward(loss, pass);
    }

    assertThat(network.gradientModes).containsExactly(true, false, true);
  }

  @Test
  void leaves_areComputedOnce() {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      Pass pass = new NetworkPass(network, batch, true, false, new HeadMemory());

      assertThat(pass.batch()).isSameAs(batch);
      assertThat(pass.logProbabilities()).isSameAs(pass.logProbabilities());
      assertThat(pass.logits()).isSameAs(pass.logits());
      assertThat(pass.hiddenStates(1)).isSameAs(pass.hiddenStates(1));
      assertThat(pass.logProbabilities().getManager()).isSameAs(batch.manager());
      assertThat(pass.logits().getManager()).isSameAs(batch.manager());
      assertThat(pass.hiddenStates(1).getManager()).isSameAs(batch.manager());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3})
  void hiddenStates_noSuchLayer(int layer) {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      Pass pass = new NetworkPass(network, batch, true, false, new HeadMemory());

      assertThatThrownBy(() -> pass.hiddenStates(layer))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("layer must be in [0, 3), but was: " + layer);
    }
  }

  @Test
  void everything_onAnotherThread() throws Exception {
    Map<String, double[]> expected =
        gradients(network, RAGGED, pass -> backward(weighted(Leaves.of(pass)), pass));
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      assertClose(
          executor
              .submit(
                  () ->
                      gradients(network, RAGGED, pass -> backward(weighted(Leaves.of(pass)), pass)))
              .get(),
          expected,
          1e-6);
    } finally {
      executor.shutdown();
    }
  }

  private static NDArray weightedSquare(Leaves leaves, int layer) {
    NDArray states = leaves.hiddenStates(layer);
    return states.mul(states).mul(random(states, 7 + layer)).sum();
  }

  private static void scale(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }
}
