package dev.unlearn.eval.report;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Health;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Measurements;
import dev.unlearn.eval.audit.MetricTitles;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Audits of runs that never were. */
final class SyntheticAudits {
  static final String HOSTILE = "</script><b onclick=\"alert(1)\">&{{title}}\u2028";
  static final List<String> DOMAINS =
      List.of("e-mail", "source code", "court opinions", "patents and their claims, abridged");

  private SyntheticAudits() {}

  /** A run that forgot in lots, attacked in three ways. */
  static Audit forgotten(int count) {
    List<TokenSequence> sequences = sequences(count);
    Audit.Builder audit =
        audit(sequences)
            .title("Records of March, small model")
            .run(run(sequences, Outcome.FORGOTTEN));
    measurements(sequences).forEach(audit::addMeasurement);
    audit.addMeasurement(baseline("trained without the targets", "el_10", 0.04, count));
    audit.addMeasurement(baseline("trained without the targets", "ma", 0.28, count));
    audit.addMeasurement(baseline("differentially private decoding", "el_10", 0.06, count));
    return audit
        .addAttack(relearning())
        .addAttack(rounding())
        .addAttack(sampling(count))
        .addLimit("Neighbors of the sequences in the training data were not looked for.")
        .build();
  }

  /** The same with names that try to leave their place. */
  static Audit hostile() {
    List<TokenSequence> sequences =
        sequences(4).stream().map(s -> s.withName(HOSTILE).withDomain(HOSTILE)).toList();
    return audit(sequences)
        .title(HOSTILE)
        .run(run(sequences, Outcome.FORGOTTEN))
        .addAllMeasurements(measurements(sequences))
        .addAttack(
            AttackResult.builder()
                .attack(HOSTILE)
                .title(HOSTILE)
                .description(HOSTILE)
                .metric(HOSTILE)
                .addPoint(point(HOSTILE, 0, 0.1, 0.1, 0.4, 4))
                .addPoint(point(HOSTILE, 1, 0.1, 0.1, 0.4, 4))
                .addNote(HOSTILE)
                .build())
        .putAllSettings(Map.of(HOSTILE, HOSTILE))
        .addLimit(HOSTILE)
        .build();
  }

  /** An audit of a model alone: no run, no attacks, no domains. */
  static Audit bare() {
    return Audit.builder()
        .title("A model as it was found")
        .createdAt(Instant.parse("2026-03-04T05:06:07Z"))
        .addAllSequenceNames(List.of("#0", "#1"))
        .addMeasurement(
            Measurement.builder()
                .side(Side.PRIVACY)
                .key("el_10")
                .title("Extraction likelihood, n = 10")
                .data("forget set")
                .better(Better.NEAR_REFERENCE)
                .after(Estimate.of(Double.NaN, 0, "no values"))
                .addAllItemsAfter(List.of(Double.NaN, Double.NaN))
                .build())
        .build();
  }

  /** A run that ended otherwise, with the original weights back. */
  static Audit ended(Outcome outcome) {
    List<TokenSequence> sequences = sequences(12);
    return audit(sequences)
        .title("A run that did not forget")
        .run(run(sequences, outcome))
        .addAllMeasurements(measurements(sequences))
        .build();
  }

  private static Audit.Builder audit(List<TokenSequence> sequences) {
    Map<String, String> digests = new LinkedHashMap<>();
    digests.put("benchmarks", "7c1f".repeat(16));
    digests.put("forgetSet", "a09e".repeat(16));
    return Audit.builder()
        .createdAt(Instant.parse("2026-03-04T05:06:07Z"))
        .addAllSequenceNames(
            IntStream.range(0, sequences.size()).mapToObj(i -> name(sequences, i)).toList())
        .addAllSequenceDomains(sequences.stream().map(s -> s.domain().orElse("")).toList())
        .putAllSettings(Map.of("tasks", "arc_easy, piqa; 200 items each, seed 42"))
        .putAllVersions(Map.of("unlearn", "0.1.0"))
        .putAllDigests(digests);
  }

  static List<TokenSequence> sequences(int count) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TokenSequence sequence = TokenSequence.of(new int[200 - i % 7]);
      if (i % 5 != 4) {
        sequence =
            sequence.withName(
                i == 3
                    ? "a name that is much longer than anybody would like to read in a chart, with"
                        + " äöü, 漢字 and more of it"
                    : "record " + (1000 + 37 * i));
      }
      sequences.add(sequence.withDomain(DOMAINS.get(i * DOMAINS.size() / count)));
    }
    return sequences;
  }

  private static String name(List<TokenSequence> sequences, int index) {
    return sequences.get(index).name().orElse("#" + index);
  }

  private static List<Double> values(int count, long seed, DoubleUnaryOperator value) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(i -> i == 7 ? Double.NaN : value.applyAsDouble(random.nextDouble()))
        .toList();
  }

  static List<Measurement> measurements(List<TokenSequence> sequences) {
    int count = sequences.size();
    List<Measurement> rows = new ArrayList<>();
    Measurements extraction =
        Measurements.of(Side.PRIVACY, "forget set", sequences).against(0.0499, "unseen text");
    rows.addAll(
        byDomain(
            extraction,
            sequences,
            MetricResult.mean("el_10", values(count, 1, x -> 0.15 + 0.6 * x * x)),
            MetricResult.mean("el_10", values(count, 2, x -> x > 0.9 ? 0.08 : 0.012 * x))));
    Measurements accuracy =
        Measurements.of(Side.PRIVACY, "forget set", sequences).against(0.2994, "unseen text");
    rows.addAll(
        byDomain(
            accuracy,
            sequences,
            MetricResult.mean("ma", values(count, 3, x -> 0.6 + 0.39 * x)),
            MetricResult.mean("ma", values(count, 4, x -> 0.15 + 0.2 * x))));
    rows.add(task("arc_easy", "ARC-Easy", 0.25, 0.46, 0.43, 200));
    rows.add(task("winogrande", "WinoGrande", 0.5, 0.515, 0.52, 200));
    rows.add(perplexity("Pile, validation text", 500, x -> 2.9 + 0.4 * x, x -> 3.0 + 0.44 * x));
    rows.add(perplexity("WikiText", 40, x -> 3.1 + 0.4 * x, x -> 3.1 + 0.41 * x));
    return rows;
  }

  private static List<Measurement> byDomain(
      Measurements rows, List<TokenSequence> sequences, MetricResult before, MetricResult after) {
    return rows.rows(parts(sequences, before), parts(sequences, after));
  }

  private static Map<Optional<String>, MetricResult> parts(
      List<TokenSequence> sequences, MetricResult all) {
    Map<Optional<String>, MetricResult> parts = new LinkedHashMap<>();
    parts.put(Optional.empty(), all);
    sequences.stream()
        .map(TokenSequence::domain)
        .distinct()
        .forEach(
            domain ->
                parts.put(
                    domain,
                    MetricResult.mean(
                        all.key(),
                        IntStream.range(0, sequences.size())
                            .filter(i -> sequences.get(i).domain().equals(domain))
                            .mapToObj(i -> all.perSequence().get(i))
                            .toList())));
    return parts;
  }

  private static Measurement task(
      String key, String data, double chance, double before, double after, int count) {
    List<Double> itemsBefore = hits(before, count);
    List<Double> itemsAfter = hits(after, count);
    return Measurement.builder()
        .side(Side.UTILITY)
        .key("acc")
        .title("Accuracy")
        .data(data)
        .better(Better.HIGHER)
        .reference(chance)
        .referenceName("chance")
        .before(Optional.of(Sample.ofShares(itemsBefore).mean(0.95)))
        .after(Sample.ofShares(itemsAfter).mean(0.95))
        .change(
            Optional.of(
                Sample.ofChanges(itemsBefore, itemsAfter, Sample.each(itemsAfter)).mean(0.95)))
        .addAllItemsBefore(itemsBefore)
        .addAllItemsAfter(itemsAfter)
        .addNote("Truncated items: 0. Key " + key + ".")
        .build();
  }

  private static List<Double> hits(double share, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> i * 7 % count < share * count ? 1.0 : 0.0)
        .toList();
  }

  private static Measurement perplexity(
      String data, int count, DoubleUnaryOperator before, DoubleUnaryOperator after) {
    List<TokenSequence> texts =
        IntStream.range(0, count).mapToObj(i -> TokenSequence.of(new int[101])).toList();
    return Measurements.of(Side.UTILITY, data, texts)
        .row(Optional.of(perplexities(count, before)), perplexities(count, after));
  }

  private static MetricResult perplexities(int count, DoubleUnaryOperator loss) {
    Random random = new Random(5);
    List<Double> losses =
        IntStream.range(0, count).mapToObj(i -> loss.applyAsDouble(random.nextDouble())).toList();
    double mean = losses.stream().mapToDouble(x -> x).average().orElseThrow();
    return MetricResult.of("perplexity", Math.exp(mean), losses.stream().map(Math::exp).toList());
  }

  private static ForgetReport run(List<TokenSequence> sequences, Outcome outcome) {
    boolean forgotten = outcome == Outcome.FORGOTTEN;
    ForgetReport.Builder run = ForgetReport.builder();
    run = run.outcome(outcome);
    run = run.reason(forgotten ? "el_10 and ma are below their thresholds" : "the deadline passed");
    run =
        run.health(
            forgotten || outcome == Outcome.DAMAGED
                ? Optional.of(
                    Health.builder()
                        .lossBefore(3.412)
                        .lossAfter(forgotten ? 3.467 : 9.5)
                        .maBefore(0.382)
                        .maAfter(0.371)
                        .bound(HealthBound.DEFAULT)
                        .build())
                : Optional.empty());
    run = run.restored(!forgotten);
    run = run.weightsOfEpoch(forgotten ? 21 : 0);
    run = run.addAllSequencesAbove(forgotten ? List.of(1, 3) : List.of());
    run = run.addAllEpochs(epochs(sequences.size()));
    run = run.resumedAfter(OptionalInt.empty());
    run =
        run.addAllSequenceNames(
            IntStream.range(0, sequences.size()).mapToObj(i -> name(sequences, i)).toList());
    run = run.targetCount(sequences.stream().mapToLong(TokenSequence::targetCount).sum());
    run = run.model(new ModelInfo("gpt_neo", 125_198_592, 12, "float32", "cpu()"));
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("objective", "gradientAscent()");
    settings.put("strategy", "sequential(3)");
    settings.put("optimizer", "adam(5.0E-5, beta1=0.9, beta2=0.999, epsilon=1.0E-8)");
    settings.put("stopWhen", "forgotten(el_10 < 0.0499, ma < 0.2994).or(maxEpochs(40))");
    run = run.putAllSettings(settings);
    run = run.putAllVersions(Map.of("unlearn", "0.1.0"));
    run = run.putAllDigests(Map.of("model.before", "3b9d".repeat(16)));
    run = run.startedAt(Instant.parse("2026-03-04T04:00:00Z"));
    return run.duration(Duration.ofMinutes(17)).build();
  }

  private static List<EpochReport> epochs(int count) {
    List<EpochReport> epochs = new ArrayList<>();
    int epoch = 0;
    for (int lot = 0; lot < 3; lot++) {
      List<Integer> indices =
          IntStream.range(lot * count / 3, (lot + 1) * count / 3).boxed().toList();
      for (int lotEpoch = 0; lotEpoch <= 7; lotEpoch++) {
        if (lotEpoch > 0) {
          epoch++;
        }
        double left = Math.exp(-0.5 * lotEpoch) * (1 - 0.15 * lot);
        Map<String, MetricResult> metrics = new LinkedHashMap<>();
        metrics.put("ma", same("ma", indices.size(), i -> 0.2 + 0.6 * left));
        metrics.put("el_10", same("el_10", indices.size(), i -> 0.36 * left * left));
        EpochReport.Builder report =
            EpochReport.builder()
                .epoch(epoch)
                .lotEpoch(lotEpoch)
                .addAllLot(indices)
                .putAllMetrics(metrics)
                .putAllOtherMetrics(
                    Map.of("perplexity", same("perplexity", 5, i -> 30 + 8 * (1 - left))))
                .decision(lotEpoch == 7 ? Decision.forgotten("below") : Decision.proceed())
                .duration(Duration.ofSeconds(40));
        if (lotEpoch > 0) {
          report.loss(1.1 + 0.35 * lotEpoch).objective(-1.1).gradientNorm(2.5 + lotEpoch);
        }
        epochs.add(report.build());
      }
    }
    return epochs;
  }

  private static MetricResult same(String key, int count, IntToDoubleFunction value) {
    return MetricResult.mean(
        key, IntStream.range(0, count).mapToObj(value::applyAsDouble).toList());
  }

  private static Measurement baseline(String name, String key, double value, int count) {
    return Measurement.builder()
        .side(Side.PRIVACY)
        .key(key)
        .title(MetricTitles.of(key))
        .data("forget set")
        .baseline(name)
        .better(Better.NEAR_REFERENCE)
        .after(sample(value, count).mean(0.95))
        .build();
  }

  private static AttackResult relearning() {
    AttackResult.Builder attack =
        AttackResult.builder()
            .attack("relearning")
            .title("Relearning on a tenth of the sequences")
            .description(
                "The model was trained for some steps on every tenth sequence; the others were"
                    + " then measured.")
            .metric("el_10")
            .addNote("The sequences trained on are not among those measured.");
    int[] steps = {0, 5, 10, 20, 40};
    for (int i = 0; i < steps.length; i++) {
      attack.addPoint(
          point(steps[i] + " steps", steps[i], 0.01 + 0.09 * i, 0.01 + 0.008 * i, 0.33, 120));
    }
    return attack.build();
  }

  private static AttackResult rounding() {
    return AttackResult.builder()
        .attack("quantization")
        .title("Weights rounded to 8 bits and back")
        .description("All matrices were rounded to 8 bits per row and back.")
        .metric("el_10")
        .addPoint(point("int8", 8, 0.012, 0.011, 0.33, 1200))
        .build();
  }

  private static AttackResult sampling(int count) {
    return AttackResult.builder()
        .attack("sampling")
        .title("Many random answers")
        .description("Of each sequence k continuations were drawn; the best one counts.")
        .metric("leak")
        .addPoint(point("k = 1", 1, 0.02, 0.02, 0.4, count))
        .addPoint(point("k = 10", 10, 0.06, 0.05, 0.5, count))
        .addPoint(point("k = 100", 100, 0.13, 0.09, 0.6, count))
        .build();
  }

  private static AttackPoint point(
      String setting, double strength, double forgotten, double unseen, double before, int count) {
    Sample now = sample(forgotten, count);
    Sample other = sample(unseen, count);
    return AttackPoint.builder()
        .setting(setting)
        .strength(strength)
        .forgotten(now.mean(0.95))
        .unseen(Optional.of(other.mean(0.95)))
        .before(Optional.of(sample(before, count).mean(0.95)))
        .excess(Optional.of(Sample.difference(now, other, 0.95)))
        .build();
  }

  private static Sample sample(double mean, int count) {
    return Sample.ofShares(
        IntStream.range(0, count).mapToObj(i -> mean * (0.5 + (i % 11) / 10.0)).toList());
  }
}
