package dev.unlearn.stop;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * A run with made-up values. It keeps a list of what was asked, and fails where it has no answer.
 */
public final class FakeProgress implements EpochProgress {
  private final int epoch;
  private final int lotEpoch;
  private final List<TokenSequence> lot = new ArrayList<>();
  private final List<EpochReport> history = new ArrayList<>();
  private final Map<String, MetricResult> ofLot = new HashMap<>();
  private final Map<String, MetricResult> atStart = new HashMap<>();
  private final IdentityHashMap<Corpus, Map<String, MetricResult>> ofCorpus =
      new IdentityHashMap<>();
  private final IdentityHashMap<Corpus, Map<String, MetricResult>> ofCorpusAtStart =
      new IdentityHashMap<>();
  private final List<String> asked = new ArrayList<>();

  private FakeProgress(int epoch, int lotEpoch) {
    this.epoch = epoch;
    this.lotEpoch = lotEpoch;
  }

  /** Progress whose epoch is far from its lot's. */
  public static FakeProgress at(int lotEpoch) {
    return at(lotEpoch + 50, lotEpoch);
  }

  public static FakeProgress at(int epoch, int lotEpoch) {
    return new FakeProgress(epoch, lotEpoch);
  }

  /** Says which sequences the lot has; most criteria do not ask. */
  @CanIgnoreReturnValue
  public FakeProgress of(List<TokenSequence> sequences) {
    lot.addAll(sequences);
    return this;
  }

  /** Sets values of the lot's sequences; the aggregate is their mean. */
  @CanIgnoreReturnValue
  public FakeProgress lot(String key, double... values) {
    ofLot.put(key, result(key, values));
    return this;
  }

  @CanIgnoreReturnValue
  public FakeProgress start(String key, double value) {
    atStart.put(key, result(key, value));
    return this;
  }

  @CanIgnoreReturnValue
  public FakeProgress other(String key, Corpus corpus, double value) {
    ofCorpus.computeIfAbsent(corpus, unused -> new HashMap<>()).put(key, result(key, value));
    return this;
  }

  @CanIgnoreReturnValue
  public FakeProgress otherStart(String key, Corpus corpus, double value) {
    ofCorpusAtStart.computeIfAbsent(corpus, unused -> new HashMap<>()).put(key, result(key, value));
    return this;
  }

  /** Adds an earlier epoch. */
  @CanIgnoreReturnValue
  public FakeProgress after(int earlierLotEpoch, Duration duration, MetricResult... metrics) {
    Map<String, MetricResult> byKey = new HashMap<>();
    for (MetricResult metric : metrics) {
      byKey.put(metric.key(), metric);
    }
    history.add(
        EpochReport.builder()
            .epoch(earlierLotEpoch)
            .lotEpoch(earlierLotEpoch)
            .addAllLot(List.of(0))
            .putAllMetrics(byKey)
            .decision(Decision.proceed())
            .duration(duration)
            .build());
    return this;
  }

  public static MetricResult result(String key, double... values) {
    return MetricResult.mean(key, DoubleStream.of(values).boxed().toList());
  }

  /** What was asked for, in order. */
  public List<String> asked() {
    return asked;
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
    if (lot.isEmpty()) {
      throw new AssertionError("measured by the run");
    }
    return List.copyOf(lot);
  }

  @Override
  public List<EpochReport> history() {
    return List.copyOf(history);
  }

  @Override
  public MetricResult measure(Metric metric) {
    return answer(metric.key(), metric, ofLot);
  }

  @Override
  public MetricResult measure(Metric metric, Corpus corpus) {
    return answer(metric.key() + " on other data", metric, ofCorpus.getOrDefault(corpus, Map.of()));
  }

  @Override
  public MetricResult baseline(Metric metric) {
    return answer("start of " + metric.key(), metric, atStart);
  }

  @Override
  public MetricResult baseline(Metric metric, Corpus corpus) {
    return answer(
        "start of " + metric.key() + " on other data",
        metric,
        ofCorpusAtStart.getOrDefault(corpus, Map.of()));
  }

  private MetricResult answer(String question, Metric metric, Map<String, MetricResult> answers) {
    asked.add(question);
    MetricResult answer = answers.get(metric.key());
    if (answer == null) {
      throw new AssertionError(question + " is none of its business");
    }
    return answer;
  }
}
