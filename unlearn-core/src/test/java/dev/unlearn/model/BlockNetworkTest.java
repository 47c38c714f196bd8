package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.decoder.Decoder;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link CausalLms#wrap}. */
@Tag("engine")
final class BlockNetworkTest {
  private static final int VOCABULARY = 7;
  private static final int WIDTH = 4;
  private static final List<TokenSequence> SEQUENCES =
      List.of(TokenSequence.of(3, 1, 4, 1, 5), TokenSequence.of(2, 6));

  private final Model model = Model.newInstance("wrapped", Torch.ENGINE);

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void score_equalsTheDirectComputation() {
    Bigrams block = use(new Bigrams(logits -> logits));
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8))) {
      List<TokenScores> scores = wrapped.score(SEQUENCES);

      for (int i = 0; i < SEQUENCES.size(); i++) {
        TokenSequence sequence = SEQUENCES.get(i);
        for (int t = 1; t < sequence.length(); t++) {
          assertThat(scores.get(i).logProbability(t))
              .isCloseTo(block.logProbability(sequence.id(t - 1), sequence.id(t)), within(1e-5));
        }
      }
      assertThat(wrapped.vocabularySize()).isEqualTo(VOCABULARY);
      assertThat(wrapped.contextLength()).isEqualTo(8);
      assertThat(wrapped.info().family()).isEqualTo("djl");
      assertThat(wrapped.info().parameterCount()).isEqualTo(2 * VOCABULARY * WIDTH);
      assertThat(wrapped.info().layerCount()).isZero();
    }
  }

  @Test
  void generate_followsTheDirectComputation() {
    Bigrams block = use(new Bigrams(logits -> logits));
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8))) {
      int[] generated = wrapped.generate(List.of(TokenSequence.of(3)), Decoding.greedy(5)).get(0);

      int last = 3;
      for (int id : generated) {
        for (int other = 0; other < VOCABULARY; other++) {
          assertThat(block.logProbability(last, id))
              .isGreaterThanOrEqualTo(block.logProbability(last, other));
        }
        last = id;
      }
      assertThat(generated).hasSize(5);
    }
  }

  @Test
  void update_changesTheModelsOwnParameters() {
    Bigrams block = use(new Bigrams(logits -> logits));
    double[] before = Values.of(block.table.getArray());
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8))) {
      double loss = loss(wrapped);
      try (Updates updates =
          new Updates(wrapped, Objectives.gradientAscent(), Optimizers.sgd(0.5), 4096)) {
        updates.update(SEQUENCES);
      }

      assertThat(loss(wrapped)).isGreaterThan(loss);
      assertThat(Values.distance(Values.of(block.table.getArray()), before)).isGreaterThan(1e-3);
      assertThat(-loss(wrapped))
          .isCloseTo(
              (block.logProbability(3, 1)
                      + block.logProbability(1, 4)
                      + block.logProbability(4, 1)
                      + block.logProbability(1, 5)
                      + block.logProbability(2, 6))
                  / 5,
              within(1e-5));
    }
  }

  @Test
  void decoder_wrappedEqualsItselfLoaded() {
    try (TestNetwork network = new TestNetwork()) {
      Decoder decoder =
          TestDecoders.random(model.getNDManager(), TestDecoders.spec(draft -> {}), 42);
      model.setBlock(decoder);
      List<TokenScores> expected = new Scorer(network).score(SEQUENCES);
      try (TrainableCausalLm wrapped = wrap(Signature.ids(10))) {
        List<TokenScores> actual = wrapped.score(SEQUENCES);

        for (int i = 0; i < SEQUENCES.size(); i++) {
          assertThat(actual.get(i).negativeLogLikelihood())
              .isCloseTo(expected.get(i).negativeLogLikelihood(), within(1e-5));
        }
        assertThat(wrapped.parameters()).hasSize(decoder.weights().size());
      }
    }
  }

  @Test
  void gradients_equalThoseOfTheSameDecoderLoaded() {
    try (TestNetwork network = new TestNetwork();
        DjlCausalLm loaded =
            new DjlCausalLm("tiny", network, new NoTokenizer(), true, (parameters, folder) -> {})) {
      Decoder decoder =
          TestDecoders.random(model.getNDManager(), TestDecoders.spec(draft -> {}), 42);
      model.setBlock(decoder);
      try (TrainableCausalLm wrapped = wrap(Signature.ids(10));
          Updates ofWrapped =
              new Updates(wrapped, Objectives.gradientAscent(), Optimizers.sgd(1), 4096);
          Updates ofLoaded =
              new Updates(loaded, Objectives.gradientAscent(), Optimizers.sgd(1), 4096)) {
        ofWrapped.update(SEQUENCES);
        ofLoaded.update(SEQUENCES);

        network
            .parameters()
            .forEach(
                (name, array) ->
                    assertThat(
                            Values.distance(
                                Values.of(decoder.weights().get(name).getArray()),
                                Values.of(array)))
                        .as(name)
                        .isLessThan(1e-5));
      }
    }
  }

  /** As fresh norms and offsets are: all ones, or all zeros. */
  @Test
  void parameters_ofEqualValuesAreAllTrained() {
    Bigrams block = use(new Bigrams(logits -> logits));
    block.table.getArray().muli(0).addi(1);
    block.matrix.getArray().muli(0).addi(1);
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8))) {
      assertThat(wrapped.parameters()).containsOnlyKeys("table", "matrix");
    }
  }

  @Test
  void inputs_maskAndPositionsWhereAskedFor() {
    Recorder block = use(new Recorder());
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8).withAttentionMask().withPositionIds())) {
      assertThat(wrapped.score(SEQUENCES)).hasSize(2);

      assertThat(block.last)
          .containsExactly(
              List.of(3L, 1L, 4L, 1L, 5L, 2L, 6L, 0L, 0L, 0L),
              List.of(1L, 1L, 1L, 1L, 1L, 1L, 1L, 0L, 0L, 0L),
              List.of(0L, 1L, 2L, 3L, 4L, 0L, 1L, 2L, 3L, 4L));
    }
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8).withPositionIds())) {
      assertThat(wrapped.score(List.of(TokenSequence.of(6, 6, 6)))).hasSize(1);

      assertThat(block.last).containsExactly(List.of(6L, 6L, 6L), List.of(0L, 1L, 2L));
    }
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8).withAttentionMask())) {
      assertThat(wrapped.generate(List.of(TokenSequence.of(6, 6)), Decoding.greedy(1))).hasSize(1);

      assertThat(block.last).containsExactly(List.of(6L, 6L), List.of(1L, 1L));
    }
  }

  @Test
  void wrap_blockThatLooksAhead() {
    use(new Bigrams(logits -> logits.add(logits.mean(new int[] {1}, true))));

    assertRefused("the block must be causal, but its logits at a position depend on later tokens");
  }

  @Test
  void wrap_blockThatIsNotDeterministic() {
    use(new Bigrams(logits -> logits.add(logits.getManager().randomNormal(logits.getShape()))));

    assertRefused(
        "the block must be deterministic, but gave different logits for the same ids; is dropout"
            + " on?");
  }

  @Test
  void wrap_logitsOfTheWrongShape() {
    use(new Bigrams(logits -> logits.reshape(new Shape(-1, VOCABULARY))));
    assertRefused(
        "the block must map ids of shape (1, 3) to logits of shape (1, 3, vocabulary), but gave:"
            + " (3, 7)");

    use(new Bigrams(logits -> logits.get(":, 1:")));
    assertRefused(
        "the block must map ids of shape (1, 3) to logits of shape (1, 3, vocabulary), but gave:"
            + " (1, 2, 7)");
  }

  @Test
  void wrap_blockWithoutParameters() {
    model.setBlock(LambdaBlock.singleton(ids -> ids.oneHot(VOCABULARY)));

    assertRefused(
        "the block must have parameters that are not frozen, but has none; load a TorchScript model"
            + " with option trainParam=true");
  }

  @Test
  void update_leavesFrozenParametersAlone() {
    Bigrams block = use(new Bigrams(logits -> logits));
    block.table.freeze(true);
    double[] before = Values.of(block.table.getArray());
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8));
        Updates updates =
            new Updates(wrapped, Objectives.gradientAscent(), Optimizers.sgd(0.5), 4096)) {
      updates.update(SEQUENCES);
      assertThat(wrapped.parameters()).hasSize(1);
    }
    assertThat(Values.of(block.table.getArray())).containsExactly(before);
  }

  @Test
  void close_leavesTheTokenizerOpen() {
    use(new Bigrams(logits -> logits));
    AtomicBoolean closed = new AtomicBoolean();
    class Closeable extends NoTokenizer implements AutoCloseable {
      @Override
      public void close() {
        closed.set(true);
      }
    }
    CausalLms.wrap(model, new Closeable(), Signature.ids(8)).close();
    assertThat(closed).isFalse();
  }

  @Test
  void wrap_parameterNotFloat32() {
    Bigrams block = new Bigrams(logits -> logits);
    block.initialize(model.getNDManager(), DataType.FLOAT64, new Shape(1, 3));
    model.setBlock(block);

    assertRefused("parameter table must be float32, but was: float64");
  }

  @Test
  void wrap_refusalLeavesNothingInTheModel() {
    use(new Bigrams(logits -> logits.reshape(new Shape(-1, VOCABULARY))));
    int before = managed();

    for (int i = 0; i < 3; i++) {
      assertRefused(
          "the block must map ids of shape (1, 3) to logits of shape (1, 3, vocabulary), but gave:"
              + " (3, 7)");
    }

    assertThat(managed()).isEqualTo(before);
  }

  @Test
  void close_leavesTheModelUsable() {
    use(new Bigrams(logits -> logits));
    TrainableCausalLm wrapped = wrap(Signature.ids(8));

    wrapped.close();
    wrapped.close();

    try (NDManager scope = model.getNDManager().newSubManager()) {
      NDArray ids = scope.create(new long[] {1, 2}, new Shape(1, 2));
      Block block = model.getBlock();
      NDArray logits =
          block
              .forward(new ParameterStore(scope, false), new NDList(ids), false)
              .singletonOrThrow();
      assertThat(logits.getShape()).isEqualTo(new Shape(1, 2, VOCABULARY));
    }
    assertThatThrownBy(() -> wrapped.score(SEQUENCES))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the model is closed");
  }

  @Test
  void djlBlocks_embeddingAndLinear() {
    Block block =
        new SequentialBlock()
            .add(new EmbeddingOfIds())
            .add(Linear.builder().setUnits(VOCABULARY).build());
    block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3));
    model.setBlock(block);
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8));
        Updates updates =
            new Updates(wrapped, Objectives.gradientDescent(), Optimizers.adam(0.1), 4096)) {
      double first = updates.update(SEQUENCES).loss();
      for (int i = 0; i < 20; i++) {
        updates.update(SEQUENCES);
      }

      assertThat(loss(wrapped)).isLessThan(first / 2);
    }
  }

  @Test
  void save_isLeftToTheModel(@TempDir Path folder) {
    use(new Bigrams(logits -> logits));
    try (TrainableCausalLm wrapped = wrap(Signature.ids(8))) {
      assertThatThrownBy(() -> CausalLms.save(wrapped, folder.resolve("new")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a wrapped DJL model must be saved by its own Model.save, not by CausalLms.save");
    }
  }

  @Test
  void signature_contextOfOneToken() {
    assertThatThrownBy(() -> Signature.ids(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("contextLength must be > 1, but was: 1");
  }

  private TrainableCausalLm wrap(Signature signature) {
    return CausalLms.wrap(model, new NoTokenizer(), signature);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> wrap(Signature.ids(8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @CanIgnoreReturnValue
  private <T extends Block> T use(T block) {
    block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3));
    model.setBlock(block);
    return block;
  }

  private int managed() {
    return ((BaseNDManager) model.getNDManager()).getManagedArrays().size();
  }

  private static double loss(TrainableCausalLm model) {
    return model.score(SEQUENCES).stream().mapToDouble(TokenScores::negativeLogLikelihood).sum()
        / 5;
  }

  /** Logits of the next id from the last id alone: {@code table[id] · matrixᵀ}. */
  private static class Bigrams extends AbstractBlock {
    final Parameter table = parameter("table");
    final Parameter matrix = parameter("matrix");
    private final UnaryOperator<NDArray> change;

    Bigrams(UnaryOperator<NDArray> change) {
      this.change = change;
    }

    private Parameter parameter(String name) {
      Random random = new Random(name.length());
      return addParameter(
          Parameter.builder()
              .setName(name)
              .setType(Parameter.Type.OTHER)
              .optShape(new Shape(VOCABULARY, WIDTH))
              .optInitializer(
                  (manager, shape, type) ->
                      Values.random(manager, random.nextLong(), 1, VOCABULARY, WIDTH)
                          .toType(type, false))
              .build());
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store,
        NDList inputs,
        boolean training,
        PairList<String, Object> parameters) {
      NDArray ids = inputs.get(0);
      Device device = ids.getDevice();
      NDArray rows =
          Embedding.embedding(ids, store.getValue(table, device, training), SparseFormat.DENSE)
              .singletonOrThrow();
      NDArray logits =
          Linear.linear(rows, store.getValue(matrix, device, training), null).singletonOrThrow();
      return new NDList(change.apply(logits));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
      return new Shape[] {inputs[0].addAll(new Shape(VOCABULARY))};
    }

    double logProbability(int last, int next) {
      double[] tables = Values.of(table.getArray());
      double[] matrices = Values.of(matrix.getArray());
      double[] logits = new double[VOCABULARY];
      double sum = 0;
      for (int id = 0; id < VOCABULARY; id++) {
        for (int i = 0; i < WIDTH; i++) {
          logits[id] += tables[last * WIDTH + i] * matrices[id * WIDTH + i];
        }
        sum += Math.exp(logits[id]);
      }
      return logits[next] - Math.log(sum);
    }
  }

  private static final class Recorder extends Bigrams {
    final List<List<Long>> last = new ArrayList<>();

    Recorder() {
      super(logits -> logits);
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store,
        NDList inputs,
        boolean training,
        PairList<String, Object> parameters) {
      last.clear();
      inputs.forEach(
          input -> {
            assertThat(input.getShape()).isEqualTo(inputs.get(0).getShape());
            List<Long> values = new ArrayList<>();
            for (long value : input.toLongArray()) {
              values.add(value);
            }
            last.add(values);
          });
      return super.forwardInternal(store, inputs, training, parameters);
    }
  }

  /** One-hot ids times a matrix. */
  private static final class EmbeddingOfIds extends AbstractBlock {
    private final Block linear = Linear.builder().setUnits(WIDTH).optBias(false).build();

    EmbeddingOfIds() {
      addChildBlock("linear", linear);
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store,
        NDList inputs,
        boolean training,
        PairList<String, Object> parameters) {
      NDArray oneHot = inputs.singletonOrThrow().oneHot(VOCABULARY);
      return linear.forward(store, new NDList(oneHot), training);
    }

    @Override
    protected void initializeChildBlocks(NDManager manager, DataType type, Shape... shapes) {
      linear.initialize(manager, type, shapes[0].addAll(new Shape(VOCABULARY)));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
      return new Shape[] {inputs[0].addAll(new Shape(WIDTH))};
    }
  }
}
