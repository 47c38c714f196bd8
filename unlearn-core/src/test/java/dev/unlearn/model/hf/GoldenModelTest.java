package dev.unlearn.model.hf;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.FreedMemory;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
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
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A checkpoint of each family against the numbers that the transformers library computes with it:
 * forward and gradients. The batches are scored and trained whole.
 */
@Tag("engine")
@ParameterizedClass
@MethodSource("dev.unlearn.model.hf.GoldenFolder#models")
final class GoldenModelTest {
  private static final int PROMPT = 8;
  private static final int MICRO_BATCH_TOKENS = 4096;

  @Parameter String name;

  private GoldenCase golden;

  @BeforeEach
  void open() {
    golden = new GoldenCase(name);
  }

  @AfterEach
  void close() {
    golden.close();
  }

  @Test
  void logits_everyPosition() {
    assertLogits(golden.rows, "logits");
  }

  @Test
  void logits_padded() {
    assertThat(golden.paddedRows).extracting(TokenSequence::length).containsExactly(24, 15);

    assertLogits(golden.paddedRows, "padded_logits");
  }

  private void assertLogits(List<TokenSequence> sequences, String tensor) {
    try (TokenBatch batch = TokenBatch.of(golden.model.manager(), oneLonger(sequences))) {
      NDArray logits = golden.model.pass(batch).logits();
      for (int row = 0; row < sequences.size(); row++) {
        NDIndex valid = new NDIndex(row + ", :" + sequences.get(row).length());
        assertThat(
                Values.distance(
                    Values.of(logits.get(valid)), Values.of(golden.array(tensor).get(valid))))
            .as("row %s", row)
            .isLessThan(1e-4);
      }
    }
  }

  @Test
  void hiddenStates_everyLayer() {
    int layers = golden.model.info().layerCount();
    assertThat(golden.has("hidden." + layers)).isTrue();
    assertThat(golden.has("hidden." + (layers + 1))).isFalse();
    try (TokenBatch batch = TokenBatch.of(golden.model.manager(), golden.rows)) {
      Pass pass = golden.model.pass(batch);
      for (int layer = 0; layer <= layers; layer++) {
        assertThat(
                Values.distance(
                    Values.of(pass.hiddenStates(layer)), golden.golden("hidden." + layer)))
            .as("layer %s", layer)
            .isLessThan(1e-4);
      }
    }
  }

  @Test
  void scores_everyPosition() {
    assertScores(golden.rows, "nll", "loss");
  }

  @Test
  void scores_padded() {
    assertScores(golden.paddedRows, "padded_nll", "padded_loss");
  }

  private void assertScores(List<TokenSequence> sequences, String each, String mean) {
    List<TokenScores> scores = golden.model.score(sequences);

    double[] expected = golden.golden(each);
    int width = expected.length / sequences.size();
    double[] actual = new double[expected.length];
    for (int row = 0; row < sequences.size(); row++) {
      for (int t = 1; t < sequences.get(row).length(); t++) {
        actual[row * width + t - 1] = -scores.get(row).logProbability(t);
      }
    }
    assertThat(Values.distance(actual, expected)).isLessThan(5e-5);
    assertThat(GoldenCase.loss(scores)).isCloseTo(golden.golden(mean)[0], within(5e-5));
  }

  /** The pass an objective sees, beside the scores a metric sees. */
  @Test
  void logProbabilities_padded() {
    try (TokenBatch batch = TokenBatch.of(golden.model.manager(), golden.paddedRows)) {
      NDArray negative = golden.model.pass(batch).logProbabilities().neg();

      assertThat(Values.distance(Values.of(negative), golden.golden("padded_nll")))
          .isLessThan(5e-5);
    }
  }

  @Test
  void greedy_idsAndMargins() {
    int[] expected = golden.ids("greedy_ids");
    int length = expected.length / golden.rows.size();
    List<TokenSequence> prompts = golden.rows.stream().map(row -> row.head(PROMPT)).toList();

    List<int[]> generated = golden.model.generate(prompts, Decoding.greedyTo(length));

    List<TokenSequence> whole = new ArrayList<>();
    for (int row = 0; row < golden.rows.size(); row++) {
      int[] ids = Arrays.copyOfRange(expected, row * length, (row + 1) * length);
      assertThat(generated.get(row)).isEqualTo(Arrays.copyOfRange(ids, PROMPT, length));
      whole.add(TokenSequence.of(ids));
    }
    try (TokenBatch batch = TokenBatch.of(golden.model.manager(), whole)) {
      NDArray steps =
          golden.model.pass(batch).logits().get(new NDIndex(":, " + (PROMPT - 1) + ":"));
      NDArray best = steps.topK(2, -1, true, true).get(0); // (B, steps, 2)
      NDArray margin = best.get(new NDIndex(":, :, 0")).sub(best.get(new NDIndex(":, :, 1")));
      // a difference of two logits
      assertThat(Values.distance(Values.of(margin), golden.golden("greedy_margin")))
          .isLessThan(2e-4);
    }
  }

  @Test
  void gradients_whole() {
    Map<String, double[]> gradients = gradients(golden.rows);

    gradients.forEach(
        (parameter, gradient) ->
            assertThat(Values.distance(gradient, golden.golden("grad." + parameter)))
                .as(parameter)
                .isLessThan(1e-5));
    assertThat(norms(gradients, "grad_l2")).isLessThan(1e-5);
  }

  @Test
  void gradients_padded() {
    assertThat(norms(gradients(golden.paddedRows), "padded_grad_l2")).isLessThan(1e-5);
  }

  @Test
  void gradients_inMicroBatches() {
    Map<String, double[]> gradients = gradients(golden.paddedRows, 1);

    assertThat(norms(gradients, "padded_grad_l2")).isLessThan(1e-5);
  }

  /** What the graph needs must not lie in Java's memory, which is reused in between here. */
  @Test
  void gradients_afterGarbageCollection() {
    List<String> parameters = List.copyOf(golden.model.parameters().keySet());
    try (TokenBatch batch = TokenBatch.of(golden.model.manager(), golden.rows)) {
      Pass pass = golden.model.pass(batch);
      NDArray logProbabilities = pass.logProbabilities();
      NDArray head = logProbabilities.onesLike().mul(-1f / 46);
      FreedMemory.reuse();
      try (Torch.GradientMode on = Torch.gradientsOn()) {
        Torch.backward(logProbabilities, head);
      }
      pass.backward();
    }

    for (String parameter : parameters) {
      double[] gradient = Values.gradientOf(golden.model.parameters().get(parameter));
      assertThat(Values.distance(gradient, golden.golden("grad." + parameter)))
          .as(parameter)
          .isLessThan(1e-5);
    }
  }

  @Test
  void parameters_areThoseOfTheGoldenFile() {
    assertThat(new TreeSet<>(golden.model.parameters().keySet()))
        .containsExactlyElementsOf(golden.names());
  }

  private Map<String, double[]> gradients(List<TokenSequence> sequences) {
    return gradients(sequences, MICRO_BATCH_TOKENS);
  }

  private Map<String, double[]> gradients(List<TokenSequence> sequences, int microBatchTokens) {
    GradientRecorder recorder = new GradientRecorder();
    try (Updates updates =
        new Updates(golden.model, Objectives.gradientDescent(), recorder, microBatchTokens)) {
      updates.update(sequences);
    }
    List<String> parameters = List.copyOf(golden.model.parameters().keySet());
    return IntStream.range(0, parameters.size())
        .boxed()
        .collect(toMap(parameters::get, recorder.gradients::get));
  }

  private double norms(Map<String, double[]> gradients, String tensor) {
    double[] actual =
        golden.names().stream()
            .mapToDouble(
                name -> Math.sqrt(Arrays.stream(gradients.get(name)).map(v -> v * v).sum()))
            .toArray();
    return Values.distance(actual, golden.golden(tensor));
  }

  /** One token more, so that the logits after the last one are there, too. */
  private static List<TokenSequence> oneLonger(List<TokenSequence> sequences) {
    return sequences.stream()
        .map(s -> TokenSequence.of(Arrays.copyOf(s.ids(), s.length() + 1)))
        .toList();
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
