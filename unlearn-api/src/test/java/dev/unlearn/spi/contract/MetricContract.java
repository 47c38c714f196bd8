package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.primitives.Ints;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Metric} must keep to: its key stands for what it measures, there is one value
 * per sequence, the same is measured twice, and it says truly which way is up.
 */
public abstract class MetricContract {
  private static final int VOCABULARY = 20;

  /** Returns a new metric, made the same way each time. */
  protected abstract Metric metric();

  /** Returns the sequences to measure; by default six, of 12 to 22 tokens, one with a prompt. */
  protected List<TokenSequence> sequences() {
    Random random = new Random(1);
    List<TokenSequence> sequences = new ArrayList<>();
    for (int index = 0; index < 6; index++) {
      int[] ids = random.ints(12 + 2 * index, 0, VOCABULARY).toArray();
      ids[0] = index; // so that what follows is known
      sequences.add(TokenSequence.of(ids).withPromptLength(index == 3 ? 4 : 0));
    }
    return sequences;
  }

  /** Returns a model that knows the sequences by heart. */
  protected CausalLm knowing() {
    Map<List<Integer>, Integer> next = new HashMap<>();
    for (TokenSequence sequence : sequences()) {
      for (int position = 1; position < sequence.length(); position++) {
        next.put(Ints.asList(sequence.ids(0, position)), sequence.id(position));
      }
    }
    return FakeCausalLm.ofLookup(VOCABULARY, 0, next);
  }

  /** Returns a model that has never seen them. */
  protected CausalLm unknowing() {
    return FakeCausalLm.ofHash(VOCABULARY, 7);
  }

  @Test
  void key_says() {
    assertThat(metric().key()).isNotBlank().isEqualTo(metric().key());
  }

  @Test
  void check_acceptsTheSequences() {
    metric().check(sequences());
  }

  @Test
  void measure_oneValuePerSequence() {
    for (CausalLm model : List.of(knowing(), unknowing())) {
      MetricResult result = metric().measure(model, sequences());
      assertThat(result.key()).isEqualTo(metric().key());
      assertThat(result.perSequence()).hasSameSizeAs(sequences()).doesNotContainNull();
    }
  }

  @Test
  void measure_sameTwice() {
    Metric metric = metric();
    MetricResult first = metric.measure(unknowing(), sequences());
    assertThat(metric.measure(unknowing(), sequences())).as("again").isEqualTo(first);
    assertThat(metric().measure(unknowing(), sequences())).as("under its key").isEqualTo(first);
  }

  @Test
  void measure_aggregateOfDefinedValues() {
    MetricResult result = metric().measure(unknowing(), sequences());
    boolean someDefined = result.perSequence().stream().anyMatch(value -> !value.isNaN());
    assertThat(Double.isNaN(result.value())).as("%s", result).isEqualTo(!someDefined);
  }

  /** Of a short sequence it has a value, NaN if need be, or refuses it before the run. */
  @Test
  void measure_shortSequences() {
    for (int length : Ints.asList(1, 2, 3)) {
      TokenSequence sequence = TokenSequence.of(IntStream.range(0, length).toArray());
      if (accepts(List.of(sequence))) {
        assertThat(metric().measure(unknowing(), List.of(sequence)).perSequence())
            .as("of a sequence of length %s", length)
            .hasSize(1);
      }
    }
  }

  private boolean accepts(List<TokenSequence> sequences) {
    try {
      metric().check(sequences);
      return true;
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageMatching(".+");
      return false;
    }
  }

  @Test
  void higherMeansKnown_knowingModel() {
    double knowing = metric().measure(knowing(), sequences()).value();
    double unknowing = metric().measure(unknowing(), sequences()).value();
    if (metric().higherMeansKnown()) {
      assertThat(knowing).isGreaterThanOrEqualTo(unknowing);
    } else {
      assertThat(knowing).isLessThanOrEqualTo(unknowing);
    }
  }
}
