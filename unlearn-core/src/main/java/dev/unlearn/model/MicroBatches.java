package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Groups sequences of similar length, so that little is padding and a budget of tokens holds. */
public final class MicroBatches {
  /** Padded tokens per micro-batch unless said otherwise. */
  public static final int DEFAULT_TOKENS = 4096;

  private MicroBatches() {}

  /**
   * Returns groups of indices, longest sequences first; the same input gives the same groups.
   *
   * @param maxTokens padded tokens a group may have; a single longer sequence is a group of its own
   * @throws IllegalArgumentException if {@code maxTokens < 1}
   */
  public static List<List<Integer>> byLength(List<TokenSequence> sequences, int maxTokens) {
    checkArgument(maxTokens > 0, "micro-batch tokens must be > 0, but was: %s", maxTokens);
    List<Integer> order =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -sequences.get(i).length()))
            .toList();
    List<List<Integer>> groups = new ArrayList<>();
    List<Integer> group = new ArrayList<>();
    int groupLength = 0;
    for (int index : order) {
      if (!group.isEmpty() && (group.size() + 1L) * groupLength > maxTokens) {
        groups.add(List.copyOf(group));
        group.clear();
      }
      if (group.isEmpty()) {
        groupLength = sequences.get(index).length();
      }
      group.add(index);
    }
    if (!group.isEmpty()) {
      groups.add(List.copyOf(group));
    }
    return groups;
  }
}
