package dev.unlearn.benchmarks;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.util.List;

/**
 * Makes thousands of updates on a tiny model and prints resident memory and live heap on the way;
 * both should stay flat. Linux only, because it reads {@code /proc/self/status}.
 *
 * <p>Usage: {@code LongRun [UPDATES]}, by default 5000.
 */
public final class LongRun {
  private LongRun() {}

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    int count = args.length > 0 ? Integer.parseInt(args[0]) : 5000;
    List<TokenSequence> sequences = Models.sequences(4, 32, 101);
    System.out.println("updates  resident MiB  live heap MiB");
    try (TrainableCausalLm model = Models.gptNeo(4, 32, 4, 101, 64);
        Updates updates =
            new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-6), 64)) {
      long scored = 0;
      for (int done = 0; done <= count; done++) {
        if (done % Math.max(1, count / 10) == 0) {
          System.gc();
          Runtime runtime = Runtime.getRuntime();
          System.out.printf(
              "%7d  %12d  %13d%n",
              done,
              ResidentMemory.bytes() >> 20,
              (runtime.totalMemory() - runtime.freeMemory()) >> 20);
        }
        updates.update(sequences);
        scored += model.score(sequences).size();
      }
      System.out.println(scored + " sequences scored on the way");
    }
  }
}
