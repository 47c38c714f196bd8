package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.model.decoder.TrunkLayers;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TargetLogits;
import dev.unlearn.spi.train.TargetTerm;
import dev.unlearn.spi.train.TokenBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The two-part backward pass against one backward pass over everything at once. */
@Tag("engine")
final class NetworkPassTest {
  private static final List<TokenSequence> RAGGED =
      List.of(
          TokenSequence.of(3, 1, 4, 1, 5, 9),
          TokenSequence.of(2, 7, 1),
          TokenSequence.of(8, 2, 8, 4, 5).withPromptLength(3));

  private final TestNetwork network = new TestNetwork();

  @AfterEach
  void close() {
    network.close();
  }

  @Test
  void logProbabilities_valuesAndGradients() {
    assertSame(network, RAGGED, this::weighted);
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
          gradients(large, sequences, pass -> backward(loss.apply(new OfPass(pass)), pass));
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
        gradients(network, RAGGED, pass -> backward(weighted(new OfPass(pass)), pass)),
        1e-6);
  }

  /** The entropy of what predicts a target, and how far a given distribution is from it. */
  @Test
  void perTarget_valuesAndGradients() {
    Function<Leaves, NDArray> loss =
        leaves -> {
          NDArray perToken = leaves.perTarget(NetworkPassTest::surprise, climbing(network));
          assertThat(perToken.getShape()).isEqualTo(new Shape(3, 5));
          return perToken.mul(random(perToken, 8)).sum().add(weighted(leaves));
        };

    assertSame(network, RAGGED, loss);
  }

  /** The head gives 139 rows of 60,000 logits a piece, and the reference as many at a time. */
  @Test
  void perTarget_inPieces() {
    try (TestNetwork large =
        new TestNetwork(
            TestDecoders.spec(
                draft -> {
                  draft.vocabularySize = 60_000;
                  draft.contextLength = 100;
                }))) {
      List<TokenSequence> sequences = TestSequences.random(3, 60_000, 100, 100, 70);
      List<Integer> asked = new ArrayList<>();
      Reference reference =
          new GivenReference(
              places -> {
                asked.add(places.length);
                return climbing(large).logitsAt(places);
              });
      Function<Leaves, NDArray> loss =
          leaves -> {
            NDArray perToken = leaves.perTarget(NetworkPassTest::surprise, reference);
            return perToken.mul(random(perToken, 8)).sum().mul(0.1f);
          };

      Map<String, double[]> actual =
          gradients(large, sequences, pass -> backward(loss.apply(new OfPass(pass)), pass));

      assertThat(large.headRows).containsExactly(139L, 128L, 139L, 128L);
      assertThat(asked).containsExactly(139, 128, 139, 128);
      assertClose(actual, plainGradients(large, sequences, loss), 1e-6);
    }
  }

  @Test
  void perTarget_ofAnotherShape() {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      Pass pass = new NetworkPass(network, batch, true, false);

      assertThatThrownBy(() -> pass.perTarget(targets -> targets.logits(), climbing(network)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "a term must return a value of each of 9 targets, shape (9), but returned: (9, 13)");
    }
  }

  @Test
  void targets_none() {
    List<TokenSequence> single = List.of(TokenSequence.of(5));
    Map<String, double[]> gradients =
        gradients(
            network,
            single,
            pass -> {
              assertThat(pass.logProbabilities().getShape()).isEqualTo(new Shape(1, 0));
              assertThat(pass.perTarget(NetworkPassTest::surprise, climbing(network)).getShape())
                  .isEqualTo(new Shape(1, 0));
              pass.backward();
            });

    assertThat(gradients.values()).allMatch(values -> Values.largest(values) == 0);
  }

  @Test
  void logitsAt_places() {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      Pass pass = new NetworkPass(network, batch, false, false);

      double[] whole = Values.of(pass.logits());
      double[] some = Values.of(pass.logitsAt(new long[] {14, 3, 5}));

      for (int i = 0; i < 13; i++) {
        assertThat(some[i]).isCloseTo(whole[14 * 13 + i], within(1e-6));
        assertThat(some[13 + i]).isCloseTo(whole[3 * 13 + i], within(1e-6));
        assertThat(some[26 + i]).isCloseTo(whole[5 * 13 + i], within(1e-6));
      }
    }
  }

  /** Entropy plus cross-entropy with a reference. */
  private static NDArray surprise(TargetLogits targets) {
    NDArray logP = targets.logits().logSoftmax(-1);
    NDArray own = logP.exp().mul(logP).sum(new int[] {-1});
    NDArray other = targets.reference().softmax(-1).mul(logP).sum(new int[] {-1});
    return own.add(other).neg();
  }

  /** Logits of a place that depend on its number and on the id. */
  private static Reference climbing(Network network) {
    return new GivenReference(
        places -> {
          int vocabulary = network.vocabularySize();
          float[] logits = new float[places.length * vocabulary];
          for (int i = 0; i < logits.length; i++) {
            logits[i] = 0.01f * places[i / vocabulary] * (i % vocabulary % 7);
          }
          return network.manager().create(logits, new Shape(places.length, vocabulary));
        });
  }

  private record GivenReference(Function<long[], NDArray> given) implements Reference {
    @Override
    public NDArray logitsAt(long[] places) {
      return given.apply(places);
    }

    @Override
    public NDArray logLikelihoods() {
      throw new AssertionError("not asked");
    }

    @Override
    public NDArray logits() {
      throw new AssertionError("never whole");
    }

    @Override
    public NDArray hiddenStates(int layer) {
      throw new AssertionError("not asked");
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
        gradients(network, RAGGED, pass -> backward(weightedSquare(new OfPass(pass), 1), pass));

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
        gradients(network, RAGGED, pass -> backward(weighted(new OfPass(pass)), pass));

    Torch.zeroGradients(network.parameters().values());
    addGradients(network, RAGGED, pass -> backward(weighted(new OfPass(pass)), pass));
    addGradients(network, RAGGED, pass -> backward(weighted(new OfPass(pass)), pass));

    Map<String, double[]> twice = read(network);
    twice.values().forEach(values -> scale(values, 0.5));
    assertClose(twice, once, 1e-6);
  }

  @Test
  void leaves_unusedContributeNothing() {
    Map<String, double[]> expected =
        gradients(network, RAGGED, pass -> backward(weighted(new OfPass(pass)), pass));

    Map<String, double[]> actual =
        gradients(
            network,
            RAGGED,
            pass -> {
              assertThat(pass.logits().getShape().dimension()).isEqualTo(3);
              assertThat(pass.hiddenStates(0).getShape().dimension()).isEqualTo(3);
              assertThat(pass.hiddenStates(2).getShape().dimension()).isEqualTo(3);
              backward(weighted(new OfPass(pass)), pass);
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
      Pass pass = new NetworkPass(network, batch, true, false);
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
      Pass pass = new NetworkPass(network, batch, true, false);
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
      Pass pass = new NetworkPass(network, batch, true, false);

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
      Pass pass = new NetworkPass(network, batch, true, false);

      assertThatThrownBy(() -> pass.hiddenStates(layer))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("layer must be in [0, 3), but was: " + layer);
    }
  }

  @Test
  void everything_onAnotherThread() throws Exception {
    Map<String, double[]> expected =
        gradients(network, RAGGED, pass -> backward(weighted(new OfPass(pass)), pass));
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      assertClose(
          executor
              .submit(
                  () ->
                      gradients(
                          network, RAGGED, pass -> backward(weighted(new OfPass(pass)), pass)))
              .get(),
          expected,
          1e-6);
    } finally {
      executor.shutdown();
    }
  }

  /** What a loss can be built on: a pass, or the plain computation. */
  private interface Leaves {
    NDArray logProbabilities();

    NDArray perTarget(TargetTerm term, Reference reference);

    NDArray logits();

    NDArray hiddenStates(int layer);
  }

  private record OfPass(Pass pass) implements Leaves {
    @Override
    public NDArray logProbabilities() {
      return pass.logProbabilities();
    }

    @Override
    public NDArray perTarget(TargetTerm term, Reference reference) {
      return pass.perTarget(term, reference);
    }

    @Override
    public NDArray logits() {
      return pass.logits();
    }

    @Override
    public NDArray hiddenStates(int layer) {
      return pass.hiddenStates(layer);
    }
  }

  /** One graph from the ids to whole logits. */
  private static final class Plain implements Leaves {
    private final TokenBatch batch;
    private final List<NDArray> states = new ArrayList<>();
    private final NDArray logits;

    Plain(Network network, TokenBatch batch) {
      this.batch = batch;
      TrunkLayers layers = network.layers(batch.ids(), batch.attentionMask());
      states.add(layers.first());
      for (int layer = 1; layer <= layers.count(); layer++) {
        states.add(layers.run(layer, states.get(layer - 1)));
      }
      NDArray last = states.get(layers.count());
      NDArray rows = last.reshape(new Shape(-1, last.getShape().get(2)));
      logits =
          network
              .logits(rows)
              .reshape(new Shape(batch.size(), batch.length(), network.vocabularySize()))
              .get(new NDIndex(":, :-1"));
    }

    @Override
    public NDArray logProbabilities() {
      NDArray next = batch.ids().get(new NDIndex(":, 1:")).expandDims(2);
      return logits.logSoftmax(-1).gather(next, 2).squeeze(2).mul(batch.targetMask());
    }

    /** All at once, where nothing is predicted, too. */
    @Override
    public NDArray perTarget(TargetTerm term, Reference reference) {
      long[] everywhere = LongStream.range(0, batch.size() * (batch.length() - 1L)).toArray();
      NDArray values =
          term.values(
              new TargetLogits(
                  logits.reshape(new Shape(-1, logits.getShape().get(2))),
                  batch.ids().get(new NDIndex(":, 1:")).flatten(),
                  () -> reference.logitsAt(everywhere)));
      return values.reshape(batch.targetMask().getShape()).mul(batch.targetMask());
    }

    @Override
    public NDArray logits() {
      return logits;
    }

    @Override
    public NDArray hiddenStates(int layer) {
      return states.get(layer);
    }
  }

  private NDArray weighted(Leaves leaves) {
    NDArray perToken = leaves.logProbabilities();
    return perToken.mul(random(perToken, 4)).sum();
  }

  private static NDArray weightedSquare(Leaves leaves, int layer) {
    NDArray states = leaves.hiddenStates(layer);
    return states.mul(states).mul(random(states, 7 + layer)).sum();
  }

  private static NDArray random(NDArray like, long seed) {
    return Values.random(like.getManager(), seed, 0.1, like.getShape().getShape());
  }

  private static void assertSame(
      Network network, List<TokenSequence> sequences, Function<Leaves, NDArray> loss) {
    double[] values = new double[1];
    Map<String, double[]> actual =
        gradients(
            network,
            sequences,
            pass -> {
              NDArray value = loss.apply(new OfPass(pass));
              values[0] = value.getFloat();
              backward(value, pass);
            });
    try (TokenBatch batch = TokenBatch.of(network.manager(), sequences);
        Torch.GradientMode off = Torch.gradientsOff()) {
      double expected = loss.apply(new Plain(network, batch)).getFloat();
      assertThat(Math.abs(values[0] - expected)).isLessThan(1e-5);
    }
    assertClose(actual, plainGradients(network, sequences, loss), 1e-6);
  }

  private static Map<String, double[]> plainGradients(
      Network network, List<TokenSequence> sequences, Function<Leaves, NDArray> loss) {
    Torch.zeroGradients(network.parameters().values());
    try (TokenBatch batch = TokenBatch.of(network.manager(), sequences);
        Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.backward(loss.apply(new Plain(network, batch)), batch.manager().ones(new Shape()));
    }
    return read(network);
  }

  private static Map<String, double[]> gradients(
      Network network, List<TokenSequence> sequences, Consumer<Pass> work) {
    Torch.zeroGradients(network.parameters().values());
    addGradients(network, sequences, work);
    return read(network);
  }

  private static void addGradients(
      Network network, List<TokenSequence> sequences, Consumer<Pass> work) {
    try (TokenBatch batch = TokenBatch.of(network.manager(), sequences);
        Torch.GradientMode on = Torch.gradientsOn()) {
      work.accept(new NetworkPass(network, batch, true, false));
    }
  }

  private static void backward(NDArray loss, Pass pass) {
    Torch.backward(loss, pass.batch().manager().ones(new Shape()));
    pass.backward();
  }

  private static Map<String, double[]> read(Network network) {
    Map<String, double[]> result = new LinkedHashMap<>();
    network
        .parameters()
        .forEach((name, parameter) -> result.put(name, Values.gradientOf(parameter)));
    return result;
  }

  private static void scale(double[] values, double factor) {
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
  }

  private static void assertClose(
      Map<String, double[]> actual, Map<String, double[]> expected, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, values) ->
            assertThat(Values.distance(actual.get(name), values)).as(name).isLessThan(tolerance));
  }
}
