package dev.unlearn.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class WeightedMeanTest {

  @Test
  void of_sumsOverSums() {
    // 3 texts: 2 nats in 1 byte, 2 nats in 4 bytes, 9 nats in 3 bytes; NaN is left out.
    List<Double> items = List.of(2.0, 0.5, 3.0, Double.NaN);
    List<Double> weights = List.of(1.0, 4.0, 3.0, Double.NaN);
    List<String> units = Sample.each(items);
    assertThat(WeightedMean.of(TaskMetric.LOSS, items, weights, units, 0.95).value())
        .isCloseTo(13.0 / 8, within(1e-12));
    assertThat(WeightedMean.of(TaskMetric.BYTE_PERPLEXITY, items, weights, units, 0.95).value())
        .isCloseTo(Math.exp(13.0 / 8), within(1e-12));
  }

  @Test
  void of_intervalHasTheRightWidth() {
    // The standard error of a ratio, from its formula: sqrt(sum (a - R b)^2) / sum b.
    Random random = new Random(3);
    List<Double> items = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    double sum = 0;
    double weight = 0;
    for (int i = 0; i < 400; i++) {
      items.add(2 + random.nextGaussian());
      weights.add(1.0 + random.nextInt(50));
      sum += items.get(i) * weights.get(i);
      weight += weights.get(i);
    }
    double squares = 0;
    for (int i = 0; i < 400; i++) {
      squares += Math.pow(weights.get(i) * (items.get(i) - sum / weight), 2);
    }
    double error = Math.sqrt(squares) / weight;
    Estimate estimate = WeightedMean.of(TaskMetric.LOSS, items, weights, Sample.each(items), 0.95);
    Interval interval = estimate.interval().orElseThrow();
    assertThat((interval.high() - interval.low()) / (2 * 1.96 * error)).isCloseTo(1, within(0.05));
    Interval perplexity =
        WeightedMean.of(TaskMetric.WORD_PERPLEXITY, items, weights, Sample.each(items), 0.95)
            .interval()
            .orElseThrow();
    assertThat(perplexity.low()).isCloseTo(Math.exp(interval.low()), within(1e-9));
  }

  @Test
  void change_isTheDifferenceOfValues() {
    TaskValue before = value(TaskMetric.WORD_PERPLEXITY, List.of(1.0, 2.0, 3.0));
    TaskValue after = value(TaskMetric.WORD_PERPLEXITY, List.of(1.5, 2.5, Double.NaN));
    // Over the two items that both have, of weights 2 and 4.
    double expected = Math.exp((3 + 10) / 6.0) - Math.exp((2 + 8) / 6.0);
    Estimate change =
        WeightedMean.change(before, after, List.of("a", "b", "c"), 0.95).orElseThrow();
    assertThat(change.value()).isCloseTo(expected, within(1e-12));
  }

  @Test
  void change_ofWhatIsInfinite() {
    TaskValue before = value(TaskMetric.WORD_PERPLEXITY, List.of(1.0, 2.0, 3.0));
    TaskValue after = value(TaskMetric.WORD_PERPLEXITY, List.of(1e4, 1e4, 1e4));
    assertThat(after.estimate().value()).isInfinite();
    assertThat(WeightedMean.change(before, after, List.of("a", "b", "c"), 0.95)).isEmpty();
  }

  private static TaskValue value(TaskMetric metric, List<Double> items) {
    List<Double> weights = List.of(2.0, 4.0, 5.0);
    Estimate estimate = WeightedMean.of(metric, items, weights, Sample.each(items), 0.95);
    return new TaskValue(metric, estimate, OptionalDouble.empty(), items, weights);
  }
}
