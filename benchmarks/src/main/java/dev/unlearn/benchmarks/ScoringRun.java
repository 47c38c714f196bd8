package dev.unlearn.benchmarks;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Scores the choices of random questions, with prompts of 40 to 120 tokens and choices of 5 to 30,
 * in each round in every way in turn: all positions; targets where no two prompts are equal; and
 * targets, alone and with moments, where a question's choices share a prompt.
 */
public final class ScoringRun {
  private static final String USAGE =
      """
      usage: ScoringRun [options]
        --model L,W,H       layers, width and heads of a random GPT-Neo, default 4,256,8
        --vocabulary N      default 50257
        --items N           questions, default 200
        --choices N         of each, default 4
        --rounds N          default 5""";

  private ScoringRun() {}

  /** Runs it. */
  public static void main(String[] args) {
    CommandLine line =
        CommandLine.parse(
            USAGE, 0, List.of("model", "vocabulary", "items", "choices", "rounds"), args);
    int vocabulary = line.integer("vocabulary", 50_257);
    int[] shape = line.integers("model", "4,256,8");
    List<TokenSequence> shared =
        questions(line.integer("items", 200), line.integer("choices", 4), vocabulary);
    int rounds = line.integer("rounds", 5);
    Map<String, double[]> seconds = new LinkedHashMap<>();
    try (TrainableCausalLm model = Models.gptNeo(shape[0], shape[1], shape[2], vocabulary, 256)) {
      List<TokenSequence> apart = apart(shared);
      for (int round = -1; round < rounds; round++) { // the first one is not counted
        time("all", model, shared, ScoreDetail.ALL, round, rounds, seconds);
        time("targets, prompts apart", model, apart, ScoreDetail.TARGETS, round, rounds, seconds);
        time("targets", model, shared, ScoreDetail.TARGETS, round, rounds, seconds);
        time("moments", model, shared, ScoreDetail.MOMENTS, round, rounds, seconds);
      }
    }
    double all = Timing.median(seconds.get("all"));
    System.out.printf("%-24s  %8s  %8s  median to all%n", "", "best", "median");
    seconds.forEach(
        (way, some) ->
            System.out.printf(
                Locale.ROOT,
                "%-24s  %8.2f  %8.2f  %8.2f%n",
                way,
                Arrays.stream(some).min().orElseThrow(),
                Timing.median(some),
                Timing.median(some) / all));
  }

  private static List<TokenSequence> questions(int items, int choices, int vocabulary) {
    SplittableRandom random = new SplittableRandom(3);
    List<TokenSequence> sequences = new ArrayList<>();
    long tokens = 0;
    long prompts = 0;
    long targets = 0;
    for (int item = 0; item < items; item++) {
      int[] prompt = random.ints(random.nextInt(40, 121), 0, vocabulary).toArray();
      prompts += prompt.length;
      for (int choice = 0; choice < choices; choice++) {
        int[] own = random.ints(random.nextInt(5, 31), 0, vocabulary).toArray();
        sequences.add(TokenSequence.of(Ints.concat(prompt, own)).withPromptLength(prompt.length));
        tokens += prompt.length + own.length;
        targets += own.length;
      }
    }
    System.out.printf(
        "%d sequences of %d tokens, %d of them targets; prompts once: %d%n",
        sequences.size(), tokens, targets, prompts + targets);
    return sequences;
  }

  /** Changes first tokens so that no two prompts are equal. */
  private static List<TokenSequence> apart(List<TokenSequence> sequences) {
    List<TokenSequence> apart = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      int[] ids = sequences.get(i).ids();
      ids[0] = i;
      apart.add(TokenSequence.of(ids).withPromptLength(sequences.get(i).promptLength()));
    }
    return apart;
  }

  private static void time(
      String way,
      TrainableCausalLm model,
      List<TokenSequence> sequences,
      ScoreDetail detail,
      int round,
      int rounds,
      Map<String, double[]> seconds) {
    long start = System.nanoTime();
    List<TokenScores> unused = model.score(sequences, detail);
    if (round >= 0) {
      seconds.computeIfAbsent(way, key -> new double[rounds])[round] = Timing.secondsSince(start);
    }
  }
}
