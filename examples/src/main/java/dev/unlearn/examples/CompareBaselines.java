package dev.unlearn.examples;

import com.google.common.base.Stopwatch;
import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.eval.ReferenceLevels;
import dev.unlearn.eval.baseline.DpDecoding;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * One table of what the paper compares: a model that knows eight records too well, unlearned in
 * three ways, decoded with differential privacy, trained on a deduplicated corpus, and trained
 * without the records. Takes about five minutes on two cores.
 *
 * <p>Usage: see {@link #USAGE}.
 */
public final class CompareBaselines {
  static final String USAGE =
      """
      usage: CompareBaselines [options]
        --seed N            of text, models and draws, default 1
        --copies N          of each repeated record in the corpus, default 24
        --updates N         of training each model, default 400""";

  private static final List<String> NAMES = List.of("seed", "copies", "updates");
  private static final int ORDER = 10;
  private static final int MAX_EPOCHS = 100;

  /** Draws of a decoding, over which the table's values are means. */
  private static final int DRAWS = 20;

  /** As in Quickstart: the feed-forward weights of the upper half of the layers. */
  private static final String UPPER = "(.*\\.)?h\\.[23]\\.mlp\\..*";

  private final BaselinesWorld world;
  private final long seed;

  private CompareBaselines(BaselinesWorld world, long seed) {
    this.world = world;
    this.seed = seed;
  }

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    Host.prepare();
    // Faster than two for a model this small, and not slowed down by what else runs.
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    Arguments arguments = Arguments.parse(USAGE, NAMES, List.of(), args);
    int seed = arguments.integer("seed", 1);
    BaselinesWorld world =
        BaselinesWorld.of(seed, arguments.integer("copies", 24), arguments.integer("updates", 400));
    new CompareBaselines(world, seed).run();
  }

  private void run() {
    ForgettingThresholds thresholds;
    ReferenceLevels reference;
    try (TrainableCausalLm original = world.load(BaselinesWorld.ORIGINAL);
        TrainableCausalLm deduplicated = world.load(BaselinesWorld.DEDUPLICATED)) {
      thresholds = ForgettingThresholds.measure(original, Corpus.of(world.unseenRecords()), ORDER);
      reference =
          ReferenceLevels.measure(
              deduplicated, original.tokenizer(), ForgetSet.of(world.targets()), ORDER);
    }
    System.out.printf(
        Locale.ROOT,
        "%nthresholds, on unseen records: MA %.3f, EL_%d %.4f%n"
            + "reference, the model of the deduplicated corpus: MA %.3f, EL_%d %.4f%n%n",
        thresholds.maThreshold(),
        ORDER,
        thresholds.elThreshold(),
        reference.meanMa(),
        ORDER,
        reference.meanEl());
    row("", "EL_10", "MA", "held out", "sentences", "perplexity", "seconds", "outcome");
    trained(BaselinesWorld.ORIGINAL);
    StoppingCriterion better = StoppingCriteria.belowReference(reference);
    StoppingCriterion forgotten = StoppingCriteria.forgotten(thresholds);
    unlearned("UL: ascent until below the reference", ".*", ascent(better));
    unlearned("UL+: ascent until below thresholds", ".*", ascent(forgotten));
    unlearned("CE-U with retained text, upper half", UPPER, recommended(forgotten));
    for (double lambda : new double[] {0.2, 0.8}) {
      decoded(DpDecoding.uniformMix(lambda));
    }
    for (double lambda : new double[] {0.2, 0.8}) {
      decoded(DpDecoding.logitMix(lambda));
    }
    trained(BaselinesWorld.DEDUPLICATED);
    trained(BaselinesWorld.WITHOUT_TARGETS);
  }

  private void trained(String name) {
    try (TrainableCausalLm model = world.load(name)) {
      greedy(name, model, world.seconds(name), "");
    }
  }

  /** As in the paper, but for the learning rate, which there is for models of 125M and more. */
  private static UnlearnerBuilder ascent(StoppingCriterion stop) {
    return Unlearner.builder()
        .objective(Objectives.gradientAscent())
        .optimizer(Optimizers.adam(2e-4))
        .stopWhen(stop.or(StoppingCriteria.maxEpochs(MAX_EPOCHS)));
  }

  private UnlearnerBuilder recommended(StoppingCriterion stop) {
    List<TokenSequence> retain =
        Stream.concat(world.retained().stream(), world.seenSentences().stream()).toList();
    return Unlearner.builder()
        .objective(Objectives.ceU().withRetain(20, RetainTerms.crossEntropy()))
        .retain(Corpus.of(retain))
        .retainPerUpdate(retain.size())
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(stop.or(StoppingCriteria.maxEpochs(MAX_EPOCHS)));
  }

  private void unlearned(String name, String trained, UnlearnerBuilder recipe) {
    try (TrainableCausalLm model = world.load(BaselinesWorld.ORIGINAL)) {
      Stopwatch watch = Stopwatch.createStarted();
      ForgetReport report;
      try (TrainedWeights parameters = Adapters.trainOnly(model, trained)) {
        report =
            recipe
                .onGiveUp(GiveUp.KEEP_LAST)
                .seed(seed)
                .build()
                .forget(model, ForgetSet.of(world.targets()));
      }
      greedy(
          name,
          model,
          watch.elapsed().toMillis() / 1000.0,
          report.outcome() + " in " + report.epochCount());
    }
  }

  private void greedy(String name, CausalLm model, double seconds, String outcome) {
    Metric accuracy = MemorizationAccuracy.of();
    row(
        name,
        value(ExtractionLikelihood.of(ORDER), model, world.targets()),
        value(accuracy, model, world.targets()),
        value(accuracy, model, world.heldOut()),
        value(accuracy, model, world.unseenSentences()),
        value(Perplexity.of(), model, world.unseenSentences()),
        String.format(Locale.ROOT, "%.1f", seconds),
        outcome);
  }

  /** The original model, of which only tokens that are drawn can be seen. */
  private void decoded(DpDecoding decoding) {
    try (TrainableCausalLm model = world.load(BaselinesWorld.ORIGINAL)) {
      double epsilon = decoding.epsilonPerToken(model.vocabularySize());
      row(
          decoding.toString().replace('_', ' '),
          drawn(ExtractionLikelihood.of(ORDER), decoding, model, world.targets()),
          drawn(MemorizationAccuracy.of(), decoding, model, world.targets()),
          drawn(MemorizationAccuracy.of(), decoding, model, world.heldOut()),
          drawn(MemorizationAccuracy.of(), decoding, model, world.unseenSentences()),
          value(Perplexity.of(), decoding.applied(model, seed), world.unseenSentences()),
          "0",
          String.format(Locale.ROOT, "epsilon per token %.2f", epsilon));
    }
  }

  private String drawn(
      Metric metric, DpDecoding decoding, CausalLm model, List<TokenSequence> sequences) {
    double sum = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
      sum += metric.measure(decoding.applied(model, seed + draw), sequences).value();
    }
    return number(sum / DRAWS);
  }

  private static String value(Metric metric, CausalLm model, List<TokenSequence> sequences) {
    return number(metric.measure(model, sequences).value());
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  private static void row(String name, String... cells) {
    System.out.printf(
        "%-38s %6s %6s %9s %10s %11s %8s  %s%n",
        name, cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]);
  }
}
