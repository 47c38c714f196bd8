package dev.unlearn.spi.contract;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/**
 * A run without a model: two lots, halves of a set, on which metrics have made-up values. A lot
 * ends when the criterion says so, or after forty updates, or more to see what becomes of its
 * limit.
 */
final class FakeRun {
  private static final int MIN_EPOCHS = 40;
  private static final double FORGETTING_EPOCHS = 20;

  private final ToDoubleBiFunction<Metric, Double> values;
  private final List<Epoch> epochs = new ArrayList<>();
  private final List<EpochReport> history = new ArrayList<>();

  /**
   * Runs.
   *
   * @param values what a metric says when a part, in [0, 1], of the way is done
   */
  FakeRun(StoppingCriterion criterion, ForgetSet set, ToDoubleBiFunction<Metric, Double> values) {
    this.values = values;
    int half = set.size() / 2;
    if (!(lot(criterion, set, 0, half) instanceof Decision.GiveUp)) {
      lot(criterion, set, half, set.size());
    }
  }

  /** A progress and what the criterion decided. */
  record Epoch(EpochProgress progress, Decision decision) {
    @Override
    public String toString() {
      return "epoch " + progress.epoch() + ", epoch " + progress.lotEpoch() + " of its lot";
    }
  }

  List<Epoch> epochs() {
    return epochs;
  }

  private Decision lot(StoppingCriterion criterion, ForgetSet set, int from, int to) {
    List<Integer> indices = IntStream.range(from, to).boxed().toList();
    int firstEpoch = epochs.isEmpty() ? 0 : last().progress.epoch();
    int maxEpochs = Math.max(MIN_EPOCHS, criterion.epochLimit().orElse(0) + 1);
    for (int lotEpoch = 0; lotEpoch <= maxEpochs; lotEpoch++) {
      Progress progress =
          new Progress(
              firstEpoch + lotEpoch, lotEpoch, set.sequences(indices), List.copyOf(history));
      if (lotEpoch == 0) {
        criterion.metrics().forEach(progress::measured);
      }
      Decision decision = criterion.evaluate(progress);
      epochs.add(new Epoch(progress, decision));
      history.add(
          EpochReport.builder()
              .epoch(progress.epoch)
              .lotEpoch(lotEpoch)
              .addAllLot(indices)
              .putAllMetrics(progress.metrics)
              .putAllOtherMetrics(progress.otherMetrics)
              .decision(decision)
              .duration(Duration.ofSeconds(1))
              .build());
      if (!(decision instanceof Decision.Proceed)) {
        return decision;
      }
    }
    return last().decision;
  }

  private Epoch last() {
    return epochs.get(epochs.size() - 1);
  }

  private final class Progress implements EpochProgress {
    private final int epoch;
    private final int lotEpoch;
    private final List<TokenSequence> lot;
    private final List<EpochReport> before;
    private final Map<String, MetricResult> metrics = new LinkedHashMap<>();
    private final Map<String, MetricResult> otherMetrics = new LinkedHashMap<>();

    Progress(int epoch, int lotEpoch, List<TokenSequence> lot, List<EpochReport> before) {
      this.epoch = epoch;
      this.lotEpoch = lotEpoch;
      this.lot = lot;
      this.before = before;
    }

    @Override
    public int epoch() {
      return epoch;
    }

    @Override
    public int lotEpoch() {
      return lotEpoch;
    }

    @Override
    public List<TokenSequence> lot() {
      return lot;
    }

    @Override
    public List<EpochReport> history() {
      return before;
    }

    @Override
    public MetricResult measure(Metric metric) {
      measured(metric);
      return metrics.get(metric.key());
    }

    void measured(Metric metric) {
      metrics.put(metric.key(), result(metric, lotEpoch, lot.size()));
    }

    @Override
    public MetricResult measure(Metric metric, Corpus corpus) {
      MetricResult result = result(metric, epoch, corpus.size());
      otherMetrics.put(metric.key(), result);
      return result;
    }

    @Override
    public MetricResult baseline(Metric metric) {
      return result(metric, 0, lot.size());
    }

    @Override
    public MetricResult baseline(Metric metric, Corpus corpus) {
      return result(metric, 0, corpus.size());
    }

    /** The first sequences are ahead of the others. */
    private MetricResult result(Metric metric, int updates, int count) {
      return MetricResult.mean(
          metric.key(),
          IntStream.range(0, count)
              .mapToObj(i -> Math.min(1, updates / (FORGETTING_EPOCHS + i)))
              .map(done -> values.applyAsDouble(metric, done))
              .toList());
    }
  }
}
