package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.modality.nlp.generate.SearchConfig;
import ai.djl.modality.nlp.generate.TextGenerator;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.TranslateException;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Our models in DJL's own text generation, against generation that computes everything anew. */
@Tag("engine")
@ParameterizedClass
@ValueSource(
    strings = {"gpt2", "gpt_neo", "opt_post", "gpt_neox", "llama_gqa", "mistral", "gemma2"})
final class TextGenerationTest {
  private static final int[] PROMPT = {5, 9, 11, 4, 17, 23, 8};
  private static final int LENGTH = 20;

  @Parameter String name;

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private TrainableCausalLm model;
  private Predictor<NDList, CausalLMOutput> predictor;

  @BeforeEach
  void open() {
    model = CausalLms.load(GoldenFolder.of(name));
    predictor = CausalLms.predictor(model);
  }

  @AfterEach
  void close() {
    predictor.close();
    model.close();
    manager.close();
  }

  @Test
  void greedy_equalsOurs() throws TranslateException {
    NDArray ids = ids(PROMPT);

    long[] actual = generator("greedy").generate(ids).toLongArray();

    assertThat(actual).isEqualTo(longs(continued(PROMPT)));
  }

  @Test
  void greedy_rowsPaddedOnTheLeft() throws TranslateException {
    int[] shorter = Arrays.copyOfRange(PROMPT, 3, PROMPT.length);
    long[] both = new long[2 * PROMPT.length];
    for (int i = 0; i < PROMPT.length; i++) {
      both[i] = PROMPT[i];
      both[PROMPT.length + i] = i < 3 ? 0 : PROMPT[i];
    }

    NDArray actual =
        generator("greedy").generate(manager.create(both, new Shape(2, PROMPT.length)));

    assertThat(actual.get(0).toLongArray()).isEqualTo(longs(continued(PROMPT)));
    int length = shorter.length + LENGTH - PROMPT.length;
    assertThat(actual.get(new NDIndex("1, 3:")).toLongArray())
        .isEqualTo(longs(Arrays.copyOf(continued(shorter), length)));
  }

  @Test
  void beamAndContrastive_giveWholeSequences() throws TranslateException {
    assertThat(generator("beam").generate(ids(PROMPT)).getShape()).isEqualTo(new Shape(2, LENGTH));
    assertThat(generator("contrastive").generate(ids(PROMPT)).getShape())
        .isEqualTo(new Shape(1, LENGTH));
  }

  /** Two steps over keys and values give the logits of one over all tokens. */
  @Test
  void steps_equalOne() throws TranslateException {
    NDArray ids = ids(PROMPT);
    NDArray positions = manager.arange(0, PROMPT.length, 1, DataType.INT64).expandDims(0);
    NDArray ones = ids.onesLike();

    CausalLMOutput whole = predictor.predict(new NDList(ids, positions, ones));
    NDIndex early = new NDIndex(":, :4");
    CausalLMOutput first =
        predictor.predict(new NDList(ids.get(early), positions.get(early), ones.get(early)));
    NDIndex late = new NDIndex(":, 4:");
    NDList second = new NDList(ids.get(late), positions.get(late), ones);
    second.addAll(first.getPastKeyValuesList());
    CausalLMOutput rest = predictor.predict(second);

    double[] expected = Values.of(whole.getLogits().get(late));
    assertThat(Values.distance(Values.of(rest.getLogits()), expected)).isLessThan(1e-5);
    assertThat(rest.getPastKeyValuesList()).hasSize(2 * model.info().layerCount());
    assertThat(rest.getPastKeyValuesList().get(0).getShape().get(2)).isEqualTo(PROMPT.length);
    assertThat(rest.getHiddenState().getShape().get(1)).isEqualTo(3);
  }

  @Test
  void step_badInputs() throws TranslateException {
    NDArray ids = ids(PROMPT);
    NDArray ones = ids.onesLike();
    int context = model.contextLength();
    assertRefused(
        new NDList(ids, ones.mul(context), ones),
        "positions must be in [0, %d), but one was: %d".formatted(context, context));
    assertRefused(
        new NDList(ids, ones.neg(), ones),
        "positions must be in [0, %d), but one was: -1".formatted(context));
    assertRefused(
        new NDList(ids, ones, ones.get(new NDIndex(":, 1:"))),
        "the mask must have shape (1, 7), past and new tokens, but had: (1, 6)");
    assertRefused(
        new NDList(ids, ones.get(new NDIndex(":, 1:")), ones),
        "ids and position ids must have one shape (B, L), but had: (1, 7), (1, 6)");
    int layers = model.info().layerCount();
    assertRefused(
        new NDList(ids, ones, ones, ones),
        "inputs must be ids, position ids, a mask and no past or keys and values of %d layers, but"
                .formatted(layers)
            + " there were: 4");
    NDList past = predictor.predict(new NDList(ids, ones, ones)).getPastKeyValuesList();
    past.set(1, past.get(1).get(new NDIndex(":, :, :, 1:")));
    NDList withPast = new NDList(ids, ones, ones.concat(ones, 1));
    withPast.addAll(past);
    assertThatThrownBy(() -> predictor.predict(withPast))
        .rootCause()
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("keys and values must have shape (1, ");
  }

  private void assertRefused(NDList inputs, String message) {
    assertThatThrownBy(() -> predictor.predict(inputs)).hasRootCauseMessage(message);
  }

  @Test
  void model_closed() {
    model.close();

    assertThatThrownBy(() -> predictor.predict(new NDList(ids(PROMPT))))
        .hasRootCauseMessage("the model is closed");
    assertThatThrownBy(() -> CausalLms.predictor(model))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the model is closed");
  }

  private int[] continued(int[] prompt) {
    int[] rest =
        model.generate(List.of(TokenSequence.of(prompt)), Decoding.greedyTo(LENGTH)).get(0);
    int[] all = Arrays.copyOf(prompt, LENGTH);
    System.arraycopy(rest, 0, all, prompt.length, rest.length);
    return all;
  }

  private TextGenerator generator(String search) {
    SearchConfig config = new SearchConfig();
    config.setMaxSeqLength(LENGTH);
    config.setPadTokenId(0);
    config.setBeam(2);
    return new TextGenerator(predictor, search, config);
  }

  private NDArray ids(int[] ids) {
    return manager.create(longs(ids), new Shape(1, ids.length));
  }

  private static long[] longs(int[] ids) {
    return Arrays.stream(ids).asLongStream().toArray();
  }
}
