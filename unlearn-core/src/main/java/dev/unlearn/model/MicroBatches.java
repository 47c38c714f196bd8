package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/**
 * Groups sequences of similar length, so that little is padding and a budget of tokens holds.
 *
 * @hidden not API
 */
public final class MicroBatches {
  /** Padded tokens per micro-batch unless said otherwise. */
  public static final int DEFAULT_TOKENS = 4096;

  /** Padded tokens from which on a pass is about as fast per token as any. */
  private static final int WORTH_A_PASS = 512;

  private MicroBatches() {}

  /**
   * Returns groups of indices, longest sequences first; the same input gives the same groups. Once
   * a group is large enough to be worth a pass, nothing shorter than three quarters of its longest
   * is added, so that little is padding.
   *
   * @param maxTokens padded tokens a group may have; a single longer sequence is a group of its own
   * @throws IllegalArgumentException if {@code maxTokens < 1}
   */
  public static List<List<Integer>> byLength(List<TokenSequence> sequences, int maxTokens) {
    return byLength(sequences, TokenSequence::length, maxTokens);
  }

  /**
   * Returns groups of indices to score one after the other. Sequences that a model may read
   * together because they share a prompt are in one group.
   */
  public static List<List<Integer>> toScore(List<TokenSequence> sequences, ScoreDetail detail) {
    List<ScoringRow> rows = ScoringRow.of(sequences, detail, true);
    return byLength(rows, ScoringRow::length, DEFAULT_TOKENS).stream()
        .map(batch -> batch.stream().flatMap(row -> rows.get(row).sequences().stream()).toList())
        .toList();
  }

  /** Has a model score one group of {@link #toScore} after the other, with a step before each. */
  public static List<TokenScores> score(
      CausalLm model, List<TokenSequence> sequences, ScoreDetail detail, Runnable step) {
    TokenScores[] scores = new TokenScores[sequences.size()];
    for (List<Integer> group : toScore(sequences, detail)) {
      step.run();
      List<TokenScores> some = model.score(group.stream().map(sequences::get).toList(), detail);
      for (int i = 0; i < group.size(); i++) {
        scores[group.get(i)] = some.get(i);
      }
    }
    return Arrays.asList(scores);
  }

  /** Does what {@link #byLength(List, int)} does with anything that has a length. */
  static <T> List<List<Integer>> byLength(
      List<T> sequences, ToIntFunction<T> length, int maxTokens) {
    checkArgument(maxTokens > 0, "micro-batch tokens must be > 0, but was: %s", maxTokens);
    List<Integer> order =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -length.applyAsInt(sequences.get(i))))
            .toList();
    List<List<Integer>> groups = new ArrayList<>();
    List<Integer> group = new ArrayList<>();
    int groupLength = 0;
    for (int index : order) {
      int own = length.applyAsInt(sequences.get(index));
      boolean full = (group.size() + 1L) * groupLength > maxTokens;
      boolean padded =
          4L * own < 3L * groupLength && (long) group.size() * groupLength >= WORTH_A_PASS;
      if (!group.isEmpty() && (full || padded)) {
        groups.add(List.copyOf(group));
        group.clear();
      }
      if (group.isEmpty()) {
        groupLength = own;
      }
      group.add(index);
    }
    if (!group.isEmpty()) {
      groups.add(List.copyOf(group));
    }
    return groups;
  }
}
