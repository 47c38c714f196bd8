package dev.unlearn.model;

import static dev.unlearn.model.Bigrams.VOCABULARY;
import static dev.unlearn.model.Bigrams.WIDTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Block;
import ai.djl.nn.SequentialBlock;
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
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@link CausalLms#wrap}. */
@Tag("engine")
final class BlockNetworkTest {
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
      List<TokenScores> expected = new Scorer(network).score(SEQUENCES, ScoreDetail.ALL, 0);
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
        DjlCausalLm loaded = network.model()) {
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
  void close_afterTheOwnerClosedTheModel() {
    use(new Bigrams(logits -> logits));
    TrainableCausalLm wrapped = wrap(Signature.ids(8));
    model.close();

    assertThatCode(wrapped::close).doesNotThrowAnyException();

    assertThat(wrapped.manager().isOpen()).isFalse();
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
      double first = updates.update(SEQUENCES).loss().orElseThrow();
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
      String message =
          "a wrapped DJL model must be saved by its own Model.save, not by CausalLms.save";
      assertThatThrownBy(() -> CausalLms.checkSavable(wrapped, folder.resolve("new")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> CausalLms.save(wrapped, folder.resolve("new")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(message);
    }
  }

  private TrainableCausalLm wrap(Signature signature) {
    return CausalLms.wrap(model, new NoTokenizer(), signature);
  }

  @CanIgnoreReturnValue
  private <T extends Block> T use(T block) {
    block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3));
    model.setBlock(block);
    return block;
  }

  private static double loss(TrainableCausalLm model) {
    return model.score(SEQUENCES).stream().mapToDouble(TokenScores::negativeLogLikelihood).sum()
        / 5;
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
