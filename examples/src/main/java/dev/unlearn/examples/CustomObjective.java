package dev.unlearn.examples;

import ai.djl.ndarray.NDArray;
import dev.unlearn.Unlearner;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * An objective of our own, and how its value falls from epoch to epoch.
 *
 * <p>Usage: {@code CustomObjective}.
 */
public final class CustomObjective {
  private static final long SEED = 42;

  private CustomObjective() {}

  /** The mean probability of the true tokens, which is to become small. */
  record TrueTokenProbability() implements Objective {
    @Override
    public NDArray loss(ObjectiveContext context) {
      Share forget = context.forget();
      return forget.tokenMean(forget.pass().logProbabilities().exp());
    }

    @Override
    public String description() {
      return "true-token-probability";
    }
  }

  /** Runs it; exits with 0 only if the records are forgotten. */
  public static void main(String[] args) {
    Host.prepareForSmallModel();
    System.exit(run(System.out).outcome() == Outcome.FORGOTTEN ? 0 : 1);
  }

  static ForgetReport run(PrintStream out) {
    Metric accuracy = MemorizationAccuracy.of();
    try (TrainableCausalLm model = SmallModel.create(SEED, 2, 64)) {
      List<TokenSequence> records = Teacher.recite(model, new SyntheticText(SEED).records(4));
      ForgetReport report =
          Unlearner.builder()
              .objective(new TrueTokenProbability())
              .optimizer(Optimizers.adam(5e-4))
              .stopWhen(StoppingCriteria.below(accuracy, 0.2).or(StoppingCriteria.maxEpochs(50)))
              .build()
              .forget(model, ForgetSet.of(records.subList(0, 2)));

      out.println("mean probability of the true digits of two records, before each update");
      report.epochs().stream()
          .filter(epoch -> epoch.objective().isPresent())
          .forEach(epoch -> out.println(line(epoch)));
      out.println(report.outcome() + ": " + report.reason());
      out.println("MA of all four now: " + accuracy.measure(model, records).perSequence());
      return report;
    }
  }

  private static String line(EpochReport epoch) {
    return String.format(
        Locale.ROOT, "  epoch %2d  %.3f", epoch.epoch(), epoch.objective().orElseThrow());
  }
}
