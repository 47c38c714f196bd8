package dev.unlearn.benchmarks;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Forgets sequences by gradient ascent until both means are below given thresholds, and prints what
 * each epoch took: the update, memorization accuracy, and extraction likelihood in the epochs that
 * need it, which are those whose accuracy has passed. Epoch 0 measures the baselines of both,
 * before the criterion is asked; all of its time is shown as that of extraction likelihood. Linux
 * only.
 */
public final class ForgetJobRun implements UnlearningListener {
  private static final String USAGE =
      """
      usage: ForgetJobRun FOLDER IDS_CSV [options]
        --sequences N       the first N of the file, default 32
        --length N          their first tokens, default 200
        --order N           n of extraction likelihood, default 10
        --el X              its threshold, default 0.0499
        --ma X              the threshold of memorization accuracy, default 0.2994
        --learning-rate X   default 5e-5
        --max-epochs N      default 100""";

  private final TimedThresholds criterion;
  private final String accuracy = MemorizationAccuracy.of().key();
  private final String likelihood;
  private double updateSeconds;
  private double accuracySeconds;
  private double likelihoodSeconds;

  private ForgetJobRun(ForgettingThresholds thresholds) {
    criterion = new TimedThresholds(thresholds);
    likelihood = ExtractionLikelihood.of(thresholds.order()).key();
  }

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    CommandLine line =
        CommandLine.parse(
            USAGE,
            2,
            List.of("sequences", "length", "order", "el", "ma", "learning-rate", "max-epochs"),
            args);
    int length = line.integer("length", 200);
    List<TokenSequence> sequences =
        IdsFile.read(line.path(1)).stream()
            .limit(line.integer("sequences", 32))
            .map(sequence -> sequence.head(length))
            .toList();
    ForgetJobRun job =
        new ForgetJobRun(
            ForgettingThresholds.of(
                line.integer("order", 10),
                length,
                line.number("el", ForgettingThresholds.GPT_NEO_125M.elThreshold()),
                line.number("ma", ForgettingThresholds.GPT_NEO_125M.maThreshold())));
    Unlearner unlearner =
        Unlearner.builder()
            .optimizer(Optimizers.adam(line.number("learning-rate", 5e-5)))
            .stopWhen(job.criterion.or(StoppingCriteria.maxEpochs(line.integer("max-epochs", 100))))
            .build();
    try (TrainableCausalLm model = CausalLms.load(line.path(0))) {
      job.run(unlearner, model, ForgetSet.of(sequences));
    }
  }

  private void run(Unlearner unlearner, TrainableCausalLm model, ForgetSet set) throws IOException {
    System.out.printf(
        "%5s  %8s  %6s  %6s  %8s  %8s  %8s%n", "epoch", "loss", "MA", "EL", "update", "MA", "EL");
    long start = System.nanoTime();
    ForgetReport report = unlearner.forget(model, set, RunOptions.builder().listener(this).build());
    double seconds = Timing.secondsSince(start);
    System.out.printf(
        Locale.ROOT,
        "%s after %.1f s: updates %.1f, MA %.1f, EL %.1f, else %.1f; peak of resident memory %d"
            + " MiB%n",
        report.outcome(),
        seconds,
        updateSeconds,
        accuracySeconds,
        likelihoodSeconds,
        seconds - updateSeconds - accuracySeconds - likelihoodSeconds,
        ResidentMemory.peakBytes() >> 20);
  }

  @Override
  public void epochEnded(EpochReport report) {
    double epoch = report.duration().toNanos() / 1e9;
    double ofAccuracy = criterion.accuracySeconds();
    double ofLikelihood = report.epoch() == 0 ? epoch - ofAccuracy : criterion.likelihoodSeconds();
    double update = epoch - ofAccuracy - ofLikelihood;
    System.out.printf(
        Locale.ROOT,
        "%5d  %8.4f  %6.4f  %6s  %8.2f  %8.2f  %8.2f%n",
        report.epoch(),
        report.loss().orElse(Double.NaN),
        report.metrics().get(accuracy).value(),
        text(report.metrics(), likelihood),
        update,
        ofAccuracy,
        ofLikelihood);
    updateSeconds += update;
    accuracySeconds += ofAccuracy;
    likelihoodSeconds += ofLikelihood;
  }

  private static String text(Map<String, MetricResult> metrics, String key) {
    MetricResult result = metrics.get(key);
    return result == null ? "" : String.format(Locale.ROOT, "%.4f", result.value());
  }
}
