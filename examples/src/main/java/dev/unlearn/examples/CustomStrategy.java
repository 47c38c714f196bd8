package dev.unlearn.examples;

import dev.unlearn.Unlearner;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.PrintStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A strategy of our own, which works on one sequence after the other, and how many updates each of
 * them took.
 *
 * <p>Usage: {@code CustomStrategy}.
 */
public final class CustomStrategy {
  private static final long SEED = 42;

  private CustomStrategy() {}

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
    Host.prepareForSmallModel();
    System.exit(run(System.out).outcome() == Outcome.FORGOTTEN ? 0 : 1);
  }

  static ForgetReport run(PrintStream out) {
    try (TrainableCausalLm model = SmallModel.create(SEED, 2, 64)) {
      List<TokenSequence> records = Teacher.recite(model, new SyntheticText(SEED).records(3));
      ForgetSet set =
          ForgetSet.of(records.get(0), records.get(1).head(42), records.get(2).head(38));
      ForgetReport report =
          Unlearner.builder()
              .strategy(new ShortestFirst())
              .optimizer(Optimizers.adam(5e-4))
              .stopWhen(
                  StoppingCriteria.below(MemorizationAccuracy.of(), 0.2)
                      .or(StoppingCriteria.maxEpochs(50)))
              .build()
              .forget(model, set);

      out.println(report.outcome() + ": " + report.reason());
      for (EpochReport end : report.lotEnds()) {
        int length = set.sequences().get(end.lot().get(0)).length();
        out.println("the one of " + length + " tokens took " + end.lotEpoch() + " updates");
      }
      out.println("forgotten by the last weights, all of them: " + report.criterionMetTogether());
      return report;
    }
  }
}
