package dev.unlearn.examples;

import dev.unlearn.Unlearner;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.PrintStream;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Two stopping criteria of our own, one after the other on one model: a lambda, and a record that
 * also says what it is and which sequences are forgotten already.
 *
 * <p>Usage: {@code CustomStoppingCriterion}.
 */
public final class CustomStoppingCriterion {
  private static final long SEED = 42;

  private CustomStoppingCriterion() {}

  /** Forgotten once no sequence of the lot has a metric above a limit. */
  record NoneAbove(Metric metric, double limit) implements StoppingCriterion {
    @Override
    public Decision evaluate(EpochProgress progress) {
      List<Double> values = progress.measure(metric).perSequence();
      List<Integer> below =
          IntStream.range(0, values.size()).filter(i -> values.get(i) <= limit).boxed().toList();
      return below.size() == values.size()
          ? Decision.forgotten("no " + metric.key() + " is above " + limit)
          : Decision.proceed(below);
    }

    @Override
    public List<Metric> metrics() {
      return List.of(metric);
    }

    @Override
    public String description() {
      return "none-above(" + metric.key() + ", " + limit + ")";
    }
  }

  /** Runs it; exits with 0 only if both criteria are met. */
  public static void main(String[] args) {
    Host.prepareForSmallModel();
    boolean both = run(System.out).stream().allMatch(r -> r.outcome() == Outcome.FORGOTTEN);
    System.exit(both ? 0 : 1);
  }

  static List<ForgetReport> run(PrintStream out) {
    Metric accuracy = MemorizationAccuracy.of();
    StoppingCriterion halfIsGone =
        progress ->
            progress.measure(accuracy).value() < 0.5
                ? Decision.forgotten("mean MA fell below one half")
                : Decision.proceed();
    try (TrainableCausalLm model = SmallModel.create(SEED, 2, 64)) {
      List<TokenSequence> records = Teacher.recite(model, new SyntheticText(SEED).records(4));
      out.println("MA of the four records: " + accuracy.measure(model, records).perSequence());
      return List.of(
          forget(model, records, halfIsGone, out),
          forget(model, records, new NoneAbove(accuracy, 0.25), out));
    }
  }

  private static ForgetReport forget(
      TrainableCausalLm model,
      List<TokenSequence> records,
      StoppingCriterion criterion,
      PrintStream out) {
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(2e-4))
            .stopWhen(criterion.or(StoppingCriteria.maxEpochs(100)))
            .build()
            .forget(model, ForgetSet.of(records));
    out.println(criterion.description());
    out.println("  after " + report.epochCount() + " epochs: " + report.reason());
    out.println("  MA now: " + MemorizationAccuracy.of().measure(model, records).perSequence());
    return report;
  }
}
