package dev.unlearn.benchmarks;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Continues random prompts, greedily and by drawing (top-p 0.9 at temperature 0.8), alone and
 * together, and prints new tokens per second, of all prompts together.
 */
public final class GenerationRun {
  private static final String USAGE =
      """
      usage: GenerationRun FOLDER [options]
        --prompt-tokens N   default 32
        --new-tokens N      default 128
        --batches N,N       how many prompts at once, default 1,32
        --rounds N          default 5""";

  private GenerationRun() {}

  /** Runs it. */
  public static void main(String[] args) {
    CommandLine line =
        CommandLine.parse(
            USAGE, 1, List.of("prompt-tokens", "new-tokens", "batches", "rounds"), args);
    int promptTokens = line.integer("prompt-tokens", 32);
    int newTokens = line.integer("new-tokens", 128);
    Decoding drawn =
        Decoding.builder().newTokens(newTokens).temperature(0.8).topP(0.9).seed(1).build();
    try (TrainableCausalLm model = CausalLms.load(line.path(0))) {
      System.out.printf("%-24s  %9s  %9s  tokens/s%n", "", "best", "median");
      for (int batch : line.integers("batches", "1,32")) {
        List<TokenSequence> prompts = Models.sequences(batch, promptTokens, model.vocabularySize());
        int rounds = line.integer("rounds", 5);
        print("greedy, batch " + batch, speeds(model, prompts, Decoding.greedy(newTokens), rounds));
        print("top-p 0.9, batch " + batch, speeds(model, prompts, drawn, rounds));
      }
    }
  }

  private static double[] speeds(
      TrainableCausalLm model, List<TokenSequence> prompts, Decoding decoding, int rounds) {
    double[] speeds = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      long start = System.nanoTime();
      long tokens = model.generate(prompts, decoding).stream().mapToLong(ids -> ids.length).sum();
      speeds[round] = tokens / Timing.secondsSince(start);
    }
    return speeds;
  }

  private static void print(String name, double[] speeds) {
    System.out.printf(
        Locale.ROOT,
        "%-24s  %9.1f  %9.1f%n",
        name,
        Arrays.stream(speeds).max().orElse(Double.NaN),
        Timing.median(speeds));
  }
}
