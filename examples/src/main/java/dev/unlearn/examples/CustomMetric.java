package dev.unlearn.examples;

import dev.unlearn.Unlearner;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.PrintStream;
import java.util.List;

/**
 * A metric of our own, by which a run stops: how many digits in a row the model still knows of a
 * record.
 *
 * <p>Usage: {@code CustomMetric}.
 */
public final class CustomMetric {
  private static final long SEED = 42;

  private CustomMetric() {}

  /** The longest stretch of true tokens in a row that the model would choose greedily. */
  record LongestRecall() implements Metric {
    @Override
    public String key() {
      return "longest_recall";
    }

    @Override
    public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
      return MetricResult.mean(
          key(), model.score(sequences).stream().map(LongestRecall::of).toList());
    }

    private static double of(TokenScores scores) {
      int longest = 0;
      int current = 0;
      for (int i = scores.sequence().firstTarget(); i < scores.sequence().length(); i++) {
        current = scores.hit(i) ? current + 1 : 0;
        longest = Math.max(longest, current);
      }
      return longest;
    }

    @Override
    public boolean higherMeansKnown() {
      return true;
    }
  }

  /** Runs it; exits with 0 only if the records are forgotten. */
  public static void main(String[] args) {
    Host.prepareForSmallModel();
    System.exit(run(System.out).outcome() == Outcome.FORGOTTEN ? 0 : 1);
  }

  static ForgetReport run(PrintStream out) {
    try (TrainableCausalLm model = SmallModel.create(SEED, 2, 64)) {
      List<TokenSequence> records = Teacher.recite(model, new SyntheticText(SEED).records(4));
      Metric recall = new LongestRecall();
      out.println("digits in a row that the model knows of four records, of 16 each");
      out.println("before  " + recall.measure(model, records).perSequence());
      ForgetReport report =
          Unlearner.builder()
              .optimizer(Optimizers.adam(5e-4))
              .stopWhen(StoppingCriteria.below(recall, 4).or(StoppingCriteria.maxEpochs(50)))
              .build()
              .forget(model, ForgetSet.of(records.subList(0, 2)));
      out.println("after   " + recall.measure(model, records).perSequence());
      out.println("the first two: " + report.outcome() + ", " + report.reason());
      return report;
    }
  }
}
