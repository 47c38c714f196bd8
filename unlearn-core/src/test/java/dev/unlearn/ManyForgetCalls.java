package dev.unlearn;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A process of its own that forgets again and again, every way to end in turn, and prints its
 * resident bytes after the first hundred calls and at the end.
 */
final class ManyForgetCalls {
  static final int WARM_UP = 100;

  private static final ForgetSet SET = TinyModel.recited();

  private ManyForgetCalls() {}

  /** Takes the number of calls. */
  public static void main(String[] arguments) throws IOException {
    int calls = Integer.parseInt(arguments[0]);
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      for (int call = 1; call <= calls; call++) {
        forget(model, call);
        if (call == WARM_UP || call == calls) {
          System.out.println(residentBytes());
        }
      }
    }
  }

  private static void forget(TrainableCausalLm model, int call) {
    // Never the same rate twice: a number that is kept for its value would show.
    UnlearnerBuilder recipe =
        Unlearner.builder().optimizer(Optimizers.adam(1e-3 + 1e-7 * call)).microBatchTokens(24);
    switch (call % 5) {
      case 0 ->
          check(
              recipe.stopWhen(
                  p -> p.epoch() < 2 ? Decision.proceed() : Decision.forgotten("enough")),
              model,
              Outcome.FORGOTTEN);
      case 1 -> check(recipe.stopWhen(StoppingCriteria.maxEpochs(2)), model, Outcome.GAVE_UP);
      case 2 ->
          check(
              recipe
                  .objective(Objectives.npo(0.1 + 1e-6 * call))
                  .onGiveUp(GiveUp.KEEP_BEST)
                  .stopWhen(StoppingCriteria.maxEpochs(2)),
              model,
              Outcome.PARTIAL,
              Outcome.GAVE_UP);
      case 3 ->
          check(
              recipe
                  .objective(c -> c.forget().pass().logits().mean().mul(Float.NaN))
                  .stopWhen(StoppingCriteria.maxEpochs(2)),
              model,
              Outcome.DIVERGED);
      default -> checkFails(recipe.objective(c -> c.forget().pass().hiddenStates(1)), model);
    }
  }

  private static void check(UnlearnerBuilder recipe, TrainableCausalLm model, Outcome... expected) {
    ForgetReport report = recipe.build().forget(model, SET);
    if (!List.of(expected).contains(report.outcome())) {
      throw new AssertionError(report.outcome() + ": " + report.reason());
    }
  }

  private static void checkFails(UnlearnerBuilder recipe, TrainableCausalLm model) {
    Unlearner unlearner = recipe.stopWhen(StoppingCriteria.maxEpochs(2)).build();
    try {
      ForgetReport report = unlearner.forget(model, SET);
      throw new AssertionError(report.outcome());
    } catch (UnlearningException expected) {
      // As it should be.
    }
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) << 10;
      }
    }
    throw new IOException("/proc/self/status has no VmRSS");
  }
}
