package dev.unlearn.model.hf;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.training.Updates;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A checkpoint against the numbers that the transformers library computes with it: forward,
 * gradients, and three kinds of steps. The batches are scored and trained whole.
 */
@Tag("engine")
@ParameterizedClass
@ValueSource(strings = {"gpt2", "gpt2_hubnames", "gpt_neo", "gpt_neo_hub"})
final class GoldenModelTest {
  private static final int PROMPT = 8;
  private static final int MICRO_BATCH_TOKENS = 4096;

  @Parameter String name;

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private SafetensorsFile golden;
  private DjlCausalLm model;
  private List<TokenSequence> rows;
  private List<TokenSequence> paddedRows;

  @BeforeEach
  void open() {
    golden = SafetensorsFile.open(GoldenFolder.of(name).resolve("golden.safetensors"));
    model = HfCheckpoints.load(GoldenFolder.of(name));
    rows = rows("input_ids", null);
    paddedRows = rows("padded_input_ids", array("padded_attention_mask").toLongArray());
  }

  @AfterEach
  void close() {
    model.close();
    golden.close();
    manager.close();
  }

  @Test
  void logits_everyPosition() {
    assertLogits(rows, "logits");
  }

  @Test
  void logits_padded() {
    assertThat(paddedRows).extracting(TokenSequence::length).containsExactly(24, 15);

    assertLogits(paddedRows, "padded_logits");
  }

  private void assertLogits(List<TokenSequence> sequences, String tensor) {
    try (TokenBatch batch = TokenBatch.of(model.manager(), oneLonger(sequences))) {
      NDArray logits = model.pass(batch).logits();
      for (int row = 0; row < sequences.size(); row++) {
        NDIndex valid = new NDIndex(row + ", :" + sequences.get(row).length());
        assertThat(
                Values.distance(Values.of(logits.get(valid)), Values.of(array(tensor).get(valid))))
            .as("row %s", row)
            .isLessThan(1e-4);
      }
    }
  }

  @Test
  void hiddenStates_everyLayer() {
    int layers = model.info().layerCount();
    assertThat(golden.tensors())
        .containsKey("hidden." + layers)
        .doesNotContainKey("hidden." + (layers + 1));
    try (TokenBatch batch = TokenBatch.of(model.manager(), rows)) {
      Pass pass = model.pass(batch);
      for (int layer = 0; layer <= layers; layer++) {
        assertThat(Values.distance(Values.of(pass.hiddenStates(layer)), golden("hidden." + layer)))
            .as("layer %s", layer)
            .isLessThan(1e-4);
      }
    }
  }

  @Test
  void scores_everyPosition() {
    assertScores(rows, "nll", "loss");
  }

  @Test
  void scores_padded() {
    assertScores(paddedRows, "padded_nll", "padded_loss");
  }

  private void assertScores(List<TokenSequence> sequences, String each, String mean) {
    List<TokenScores> scores = model.score(sequences);

    double[] expected = golden(each);
    int width = expected.length / sequences.size();
    double[] actual = new double[expected.length];
    for (int row = 0; row < sequences.size(); row++) {
      for (int t = 1; t < sequences.get(row).length(); t++) {
        actual[row * width + t - 1] = -scores.get(row).logProbability(t);
      }
    }
    assertThat(Values.distance(actual, expected)).isLessThan(5e-5);
    assertThat(loss(scores)).isCloseTo(golden(mean)[0], within(5e-5));
  }

  /** The pass an objective sees, beside the scores a metric sees. */
  @Test
  void logProbabilities_padded() {
    try (TokenBatch batch = TokenBatch.of(model.manager(), paddedRows)) {
      NDArray negative = model.pass(batch).logProbabilities().neg();

      assertThat(Values.distance(Values.of(negative), golden("padded_nll"))).isLessThan(5e-5);
    }
  }

  @Test
  void greedy_idsAndMargins() {
    int[] expected = ids("greedy_ids");
    int length = expected.length / rows.size();
    List<TokenSequence> prompts = rows.stream().map(row -> row.head(PROMPT)).toList();

    List<int[]> generated = model.generate(prompts, Decoding.greedyTo(length));

    List<TokenSequence> whole = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      int[] ids = Arrays.copyOfRange(expected, row * length, (row + 1) * length);
      assertThat(generated.get(row)).isEqualTo(Arrays.copyOfRange(ids, PROMPT, length));
      whole.add(TokenSequence.of(ids));
    }
    try (TokenBatch batch = TokenBatch.of(model.manager(), whole)) {
      NDArray steps = model.pass(batch).logits().get(new NDIndex(":, " + (PROMPT - 1) + ":"));
      NDArray best = steps.topK(2, -1, true, true).get(0); // (B, steps, 2)
      NDArray margin = best.get(new NDIndex(":, :, 0")).sub(best.get(new NDIndex(":, :, 1")));
      // a difference of two logits
      assertThat(Values.distance(Values.of(margin), golden("greedy_margin"))).isLessThan(2e-4);
    }
  }

  @Test
  void gradients_whole() {
    Map<String, double[]> gradients = gradients(rows);

    gradients.forEach(
        (parameter, gradient) ->
            assertThat(Values.distance(gradient, golden("grad." + parameter)))
                .as(parameter)
                .isLessThan(1e-5));
    assertThat(norms(gradients, "grad_l2")).isLessThan(1e-5);
  }

  @Test
  void gradients_padded() {
    assertThat(norms(gradients(paddedRows), "padded_grad_l2")).isLessThan(1e-5);
  }

  @Test
  void gradients_inMicroBatches() {
    Map<String, double[]> gradients = gradients(paddedRows, 1);

    assertThat(norms(gradients, "padded_grad_l2")).isLessThan(1e-5);
  }

  @Test
  void sgd_oneAscentStep() {
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(1e-2), MICRO_BATCH_TOKENS)) {
      assertThat(updates.update(rows).loss()).isCloseTo(golden("loss")[0], within(5e-5));
    }

    model
        .parameters()
        .forEach(
            (parameter, array) ->
                assertThat(Values.distance(Values.of(array), golden("sgd1." + parameter)))
                    .as(parameter)
                    .isLessThan(1e-6));
    assertThat(loss(model.score(rows))).isCloseTo(golden("sgd1_loss")[0], within(5e-5));
  }

  @Test
  void adam_threeAscentSteps() {
    double[] trace = new double[4];
    try (Updates updates =
        new Updates(
            model, Objectives.gradientAscent(), Optimizers.adam(5e-5), MICRO_BATCH_TOKENS)) {
      for (int step = 0; step < 3; step++) {
        trace[step] = updates.update(rows).loss();
      }
    }
    trace[3] = loss(model.score(rows));

    assertThat(Values.distance(trace, golden("adam3_loss_trace"))).isLessThan(5e-5);
    for (Map.Entry<String, NDArray> entry : model.parameters().entrySet()) {
      double[] expected = golden("adam3." + entry.getKey());
      double[] actual = Values.of(entry.getValue());
      String mask = "adam3_unstable." + entry.getKey();
      if (golden.tensors().containsKey(mask)) {
        byte[] unstable = array(mask).toByteArray();
        for (int i = 0; i < unstable.length; i++) {
          actual[i] = unstable[i] == 0 ? actual[i] : expected[i];
        }
      }
      assertThat(Values.distance(actual, expected)).as(entry.getKey()).isLessThan(5e-6);
    }
  }

  @Test
  void parameters_areThoseOfTheGoldenFile() {
    assertThat(new TreeSet<>(model.parameters().keySet())).containsExactlyElementsOf(names());
  }

  private Map<String, double[]> gradients(List<TokenSequence> sequences) {
    return gradients(sequences, MICRO_BATCH_TOKENS);
  }

  private Map<String, double[]> gradients(List<TokenSequence> sequences, int microBatchTokens) {
    GradientRecorder recorder = new GradientRecorder();
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), recorder, microBatchTokens)) {
      updates.update(sequences);
    }
    List<String> parameters = List.copyOf(model.parameters().keySet());
    return IntStream.range(0, parameters.size())
        .boxed()
        .collect(toMap(parameters::get, recorder.gradients::get));
  }

  private double norms(Map<String, double[]> gradients, String tensor) {
    double[] actual =
        names().stream()
            .mapToDouble(
                name -> Math.sqrt(Arrays.stream(gradients.get(name)).map(v -> v * v).sum()))
            .toArray();
    return Values.distance(actual, golden(tensor));
  }

  private List<String> names() {
    String json = golden.metadata().get("param_order_sorted");
    return JsonParser.parseString(json).getAsJsonArray().asList().stream()
        .map(JsonElement::getAsString)
        .toList();
  }

  private static double loss(List<TokenScores> scores) {
    double sum = scores.stream().mapToDouble(TokenScores::negativeLogLikelihood).sum();
    return sum / scores.stream().mapToInt(s -> s.sequence().targetCount()).sum();
  }

  private List<TokenSequence> rows(String tensor, long[] mask) {
    int[] ids = ids(tensor);
    int length = ids.length / 2;
    return IntStream.of(0, 1)
        .mapToObj(
            row ->
                IntStream.range(row * length, (row + 1) * length)
                    .filter(i -> mask == null || mask[i] == 1)
                    .map(i -> ids[i])
                    .toArray())
        .map(TokenSequence::of)
        .toList();
  }

  /** One token more, so that the logits after the last one are there, too. */
  private static List<TokenSequence> oneLonger(List<TokenSequence> sequences) {
    return sequences.stream()
        .map(s -> TokenSequence.of(Arrays.copyOf(s.ids(), s.length() + 1)))
        .toList();
  }

  private int[] ids(String tensor) {
    return Arrays.stream(array(tensor).toLongArray()).mapToInt(Math::toIntExact).toArray();
  }

  private double[] golden(String tensor) {
    return Values.of(array(tensor));
  }

  private NDArray array(String tensor) {
    return golden.array(manager, tensor);
  }

  /** Changes nothing and copies the gradients it is given. */
  private static final class GradientRecorder implements Optimizer {
    final List<double[]> gradients = new ArrayList<>();

    @Override
    public OptimizerState start(NDManager unused, List<NDArray> parameters) {
      return new OptimizerState() {
        @Override
        public void update(List<NDArray> given) {
          given.forEach(gradient -> gradients.add(Values.of(gradient)));
        }

        @Override
        public void close() {}
      };
    }

    @Override
    public String description() {
      return "gradient-recorder";
    }
  }
}
