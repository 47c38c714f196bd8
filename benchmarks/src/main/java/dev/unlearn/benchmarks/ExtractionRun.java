package dev.unlearn.benchmarks;

import dev.unlearn.CausalLms;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Metrics;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.GreedyRollouts.Rollout;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Measures memorization accuracy and extraction likelihood of a model in two ways in turn: the
 * authors', one generation per prefix length for all sequences, and this library's, both on this
 * engine. {@link ExtractionModels} makes models and sequences for it.
 *
 * <p>Beside the seconds stand the tokens decoded in them, and the share of the seconds that the
 * matrix products of these tokens would take at the speed of this machine's largest float32
 * products, measured first. Reading prompts and scoring take time but count no tokens.
 *
 * <p>The authors' way may take hours. {@code --prefix-step K} visits every K-th prefix length only,
 * from 1 on, and multiplies time and tokens by K; MA and EL are then those of the visited prefixes.
 * As it begins at the shortest, it makes the authors' way look the longer the larger K: at 200
 * tokens and order 10 it has 2 % more tokens than there are at K = 5, 12 % at K = 25.
 *
 * <p>{@code --decoding-bytes N} gives decoding a budget, and first prints by how much the peak of
 * resident memory in this library's way exceeds what was resident before. That includes the Java
 * heap, so give it a size and touch it: {@code -Xms256m -Xmx256m -XX:+AlwaysPreTouch}. Linux only.
 */
public final class ExtractionRun {
  private static final String USAGE =
      """
      usage: ExtractionRun FOLDER IDS_CSV [options]
        --order N           n of extraction likelihood, default 10
        --sequences N       the first N of the file, default all
        --rounds N          how often each way is measured, default 3; 0 for the memory only
        --prefix-step K     for the authors' way, default 1
        --decoding-bytes N  what decoding may take, default half of the free memory""";

  private final TrainableCausalLm model;
  private final List<TokenSequence> sequences;
  private final int order;

  private ExtractionRun(TrainableCausalLm model, List<TokenSequence> sequences, int order) {
    this.model = model;
    this.sequences = sequences;
    this.order = order;
  }

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    CommandLine line =
        CommandLine.parse(
            USAGE,
            2,
            List.of("order", "sequences", "rounds", "prefix-step", "decoding-bytes"),
            args);
    List<TokenSequence> sequences = IdsFile.read(line.path(1));
    sequences = sequences.subList(0, line.integer("sequences", sequences.size()));
    LoadOptions options =
        line.has("decoding-bytes")
            ? LoadOptions.builder().decodingBytes(line.bytes("decoding-bytes")).build()
            : LoadOptions.defaults();
    try (TrainableCausalLm model = CausalLms.load(line.path(0), options)) {
      ExtractionRun run = new ExtractionRun(model, sequences, line.integer("order", 10));
      if (line.has("decoding-bytes")) {
        run.measureMemory(line.bytes("decoding-bytes"));
      }
      if (line.integer("rounds", 3) > 0) {
        run.measureTime(line.integer("rounds", 3), line.integer("prefix-step", 1));
      }
    }
  }

  private void measureMemory(long budget) throws IOException {
    // Weights become resident, and code is loaded, when they are first used.
    List<TokenSequence> little = List.of(sequences.get(0).head(order + 2));
    var unused = ExtractionLikelihood.of(order).measure(model, little);
    long before = ResidentMemory.bytes();
    ResidentMemory.startPeak();
    Measured ours = ours(0);
    long taken = ResidentMemory.peakBytes() - before;
    System.out.printf(
        Locale.ROOT,
        "MA %.4f, EL_%d %.4f: peak of resident memory %.1f MiB above the %.1f MiB before, %.2f of"
            + " the budget of %.1f MiB%n",
        ours.ma,
        order,
        ours.el,
        taken / 0x1p20,
        before / 0x1p20,
        (double) taken / budget,
        budget / 0x1p20);
  }

  private void measureTime(int rounds, int prefixStep) {
    double peak = MatrixProducts.peak(model.manager());
    double perToken = MatrixProducts.perToken(model);
    System.out.printf(
        Locale.ROOT,
        "%s, %,d parameters, %.1f MFLOP per token; %d sequences of %d tokens;"
            + " matrix products at up to %.1f GFLOP/s%n",
        model.info().family(),
        model.info().parameterCount(),
        perToken / 1e6,
        sequences.size(),
        sequences.get(0).length(),
        peak / 1e9);
    System.out.printf(
        "%-16s  %6s  %6s  %9s  %9s  %8s%n",
        "", "MA", "EL_" + order, "seconds", "tokens/s", "products");
    AuthorsWay authors = new AuthorsWay(model, sequences, prefixStep);
    long decoded = decodedTokens();
    List<Measured> theirs = new ArrayList<>();
    List<Measured> ours = new ArrayList<>();
    for (int round = 1; round <= rounds; round++) {
      theirs.add(authors(authors, prefixStep));
      print("authors, " + round, theirs.get(round - 1), perToken / peak);
      ours.add(ours(decoded));
      print("ours, " + round, ours.get(round - 1), perToken / peak);
    }
    print("authors, medians", median(theirs), perToken / peak);
    print("ours, medians", median(ours), perToken / peak);
    System.out.printf(
        Locale.ROOT,
        "the authors' way takes %.1f times as long%n",
        median(theirs).seconds / median(ours).seconds);
  }

  private Measured authors(AuthorsWay authors, int prefixStep) {
    long start = System.nanoTime();
    double ma = authors.memorizationAccuracy();
    double el = authors.extractionLikelihood(order);
    double seconds = Timing.secondsSince(start) * prefixStep;
    return new Measured(ma, el, seconds, authors.tokens(order) * prefixStep);
  }

  private Measured ours(long decodedTokens) {
    Metric ma = MemorizationAccuracy.of();
    Metric el = ExtractionLikelihood.of(order);
    long start = System.nanoTime();
    Map<String, MetricResult> results = Metrics.measure(model, sequences, ma, el);
    double seconds = Timing.secondsSince(start);
    return new Measured(
        results.get(ma.key()).value(), results.get(el.key()).value(), seconds, decodedTokens);
  }

  /**
   * Returns the tokens that our way decodes: those until no n-gram can come, but for the first of
   * each rollout, which is known from scoring. They are decoded for it.
   */
  private long decodedTokens() {
    List<int[]> prefixes =
        sequences.stream()
            .map(sequence -> IntStream.rangeClosed(1, sequence.length() - order).toArray())
            .toList();
    List<TokenScores> scores = model.score(sequences);
    List<GreedyContinuations> continuations =
        model.continueGreedily(sequences, prefixes, scores, order, DecodingListener.NONE);
    long decoded = 0;
    for (Rollout rollout : GreedyRollouts.of(sequences, prefixes, scores, order).rollouts()) {
      int last = sequences.get(rollout.sequence()).length() - order;
      int prefix = Math.min(rollout.position(), last);
      int known = rollout.position() - prefix + 1;
      decoded += continuations.get(rollout.sequence()).after(prefix).length - known;
    }
    return decoded;
  }

  private static Measured median(List<Measured> all) {
    Measured last = all.get(all.size() - 1);
    double seconds = Timing.median(all.stream().mapToDouble(Measured::seconds).toArray());
    return new Measured(last.ma, last.el, seconds, last.tokens);
  }

  private static void print(String name, Measured measured, double secondsPerToken) {
    System.out.printf(
        Locale.ROOT,
        "%-16s  %6.4f  %6.4f  %9.3f  %9.0f  %6.0f %%%n",
        name,
        measured.ma,
        measured.el,
        measured.seconds,
        measured.tokens / measured.seconds,
        100 * measured.tokens * secondsPerToken / measured.seconds);
  }

  private record Measured(double ma, double el, double seconds, long tokens) {}
}
