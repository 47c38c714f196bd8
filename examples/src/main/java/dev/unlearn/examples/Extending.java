package dev.unlearn.examples;

import ai.djl.ndarray.NDArray;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.training.Updates;
import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Four parts of our own, a few lines each, at work in a run: a metric, a stopping criterion, an
 * objective and a strategy. docs/extending.md explains them.
 *
 * <p>Usage: {@code Extending}.
 */
public final class Extending {
  private static final long SEED = 42;

  private Extending() {}

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

  /** One sequence after the other, the shortest first. */
  record ShortestFirst() implements Strategy {
    @Override
    public Optional<Lot> next(ForgetSet set, List<EpochReport> history) {
      long done = history.stream().filter(e -> e.decision() instanceof Decision.Forgotten).count();
      return IntStream.range(0, set.size())
          .boxed()
          .sorted(Comparator.comparingInt(index -> set.sequences().get(index).length()))
          .skip(done)
          .findFirst()
          .map(index -> Lot.of(List.of(index)));
    }

    @Override
    public String description() {
      return "shortest-first";
    }
  }

  /** Runs it; exits with 0 only if the records are forgotten. */
  public static void main(String[] args) {
    System.exit(run(System.out).outcome() == Outcome.FORGOTTEN ? 0 : 1);
  }

  static ForgetReport run(PrintStream out) {
    Host.prepare();
    SyntheticText text = new SyntheticText(SEED);
    try (TrainableCausalLm model = SmallModel.create(SEED)) {
      List<TokenSequence> records = model.tokenizer().sequences(text.records(3));
      teach(model, records);
      Metric recall = new LongestRecall();
      out.println("It recites " + recall.measure(model, records).perSequence());

      ForgetReport report =
          unlearner(recall).forget(model, ForgetSet.of(records.get(0), records.get(1).head(40)));

      out.println(report.outcome() + ": " + report.reason());
      report.lotEnds().forEach(lot -> out.println(lot.lot() + " took " + lot.lotEpoch()));
      out.println("It recites " + recall.measure(model, records).perSequence());
      return report;
    }
  }

  private static Unlearner unlearner(Metric recall) {
    return Unlearner.builder()
        .objective(new TrueTokenProbability())
        .strategy(new ShortestFirst())
        .stopWhen(new NoneAbove(recall, 8).or(StoppingCriteria.maxEpochs(50)))
        .optimizer(Optimizers.adam(5e-4))
        .build();
  }

  private static void teach(TrainableCausalLm model, List<TokenSequence> records) {
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(3e-3), 1 << 13)) {
      for (int step = 0; step < 80; step++) {
        updates.update(records);
      }
    }
  }
}
