package dev.unlearn.adapter;

import static dev.unlearn.adapter.Subject.SEQUENCES;
import static dev.unlearn.adapter.Subject.logProbabilities;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
@ParameterizedClass
@EnumSource
final class MergeTest {
  @Parameter Subject subject;

  private TrainableCausalLm model;
  private Map<String, NDArray> weights;
  private Map<String, float[]> original;

  @BeforeEach
  void open() {
    model = subject.open();
    weights = model.parameters();
    original = Subject.values(weights);
  }

  @AfterEach
  void close() {
    model.close();
  }

  /** All that a model does, with the adapter beside the weights and in them. */
  @Test
  void merge_changesNoResultBeyondRounding() {
    try (Adapter adapter = subject.attach(model)) {
      Subject.train(model);
      double[] scores = logProbabilities(model);
      double[] logits = logits();
      double[] state = state();
      List<int[]> generated = generated();
      List<int[]> continued = continued();

      adapter.merge();

      assertThat(adapter.isMerged()).isTrue();
      assertThat(model.parameters()).isSameAs(weights);
      assertThat(weights.values()).allMatch(Torch::requiresGradient);
      assertThat(Values.distance(logProbabilities(model), scores)).isLessThan(1e-5);
      assertThat(Values.distance(logits(), logits)).isLessThan(1e-5);
      assertThat(Values.distance(state(), state)).isLessThan(1e-5);
      assertThat(generated()).usingRecursiveComparison().isEqualTo(generated);
      assertThat(continued()).usingRecursiveComparison().isEqualTo(continued);
    }
  }

  @Test
  void unmerge_bringsTheWeightsBackBitForBit() {
    try (Adapter adapter = subject.attach(model)) {
      Subject.train(model);
      Map<String, float[]> trained = Subject.values(model.parameters());
      double[] scores = logProbabilities(model);

      adapter.merge();
      Map<String, float[]> merged = Subject.values(weights);
      adapter.unmerge();

      assertThat(merged).hasSameSizeAs(original);
      assertThat(original.keySet().stream().filter(name -> !same(merged, original, name)))
          .hasSize(adapter.modules().size());
      assertOriginal();
      assertThat(adapter.isMerged()).isFalse();
      assertThat(Subject.values(model.parameters())).usingRecursiveComparison().isEqualTo(trained);
      assertThat(logProbabilities(model)).isEqualTo(scores);
    }
    assertOriginal();
  }

  @Test
  void close_leavesWhatIsMerged() {
    double[] scores;
    try (Adapter adapter = subject.attach(model)) {
      Subject.train(model);
      adapter.merge();
      scores = logProbabilities(model);
    }
    assertThat(logProbabilities(model)).isEqualTo(scores);
    assertThat(model.parameters()).isSameAs(weights);
  }

  /** Another adapter may follow on what is merged. */
  @Test
  void attach_afterAMergedOne() {
    try (Adapter first = subject.attach(model)) {
      Subject.train(model);
      first.merge();
    }
    double[] scores = logProbabilities(model);
    try (Adapter second = subject.attach(model)) {
      assertThat(logProbabilities(model)).isEqualTo(scores);
      Subject.train(model);
      assertThat(logProbabilities(model)).isNotEqualTo(scores);
      assertThat(second.isMerged()).isFalse();
    }
    assertThat(logProbabilities(model)).isEqualTo(scores);
  }

  private static boolean same(Map<String, float[]> some, Map<String, float[]> others, String name) {
    return Arrays.equals(some.get(name), others.get(name));
  }

  private double[] state() {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
      NDArray state = model.pass(batch).hiddenStates(1);
      return Values.of(state);
    }
  }

  private List<int[]> generated() {
    return model.generate(
        SEQUENCES.stream().map(sequence -> sequence.head(4)).toList(), Decoding.greedyTo(20));
  }

  private List<int[]> continued() {
    int length = SEQUENCES.get(0).length();
    int[] all = IntStream.range(1, length).toArray();
    List<int[]> prefixes = SEQUENCES.stream().map(sequence -> all).toList();
    List<int[]> result = new ArrayList<>();
    for (GreedyContinuations of : model.continueGreedily(SEQUENCES, prefixes)) {
      of.prefixLengths().forEach(prefix -> result.add(of.after(prefix)));
    }
    return result;
  }

  private void assertOriginal() {
    assertThat(Subject.values(weights)).usingRecursiveComparison().isEqualTo(original);
  }

  private double[] logits() {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
      return Values.of(model.passWithoutGradients(batch).logits());
    }
  }
}
