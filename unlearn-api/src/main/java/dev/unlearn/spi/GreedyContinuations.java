package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Greedy continuations of several prefixes of one sequence of T tokens: after a prefix of t tokens,
 * T - t tokens, decoded freely from that prefix alone; or fewer, where only n-grams of the sequence
 * were asked for and no more could come.
 */
public final class GreedyContinuations {
  private final TreeMap<Integer, int[]> byPrefixLength = new TreeMap<>();
  private final @Nullable TokenScores scores;

  /** Creates a holder of the given continuations; arrays are not copied. */
  public GreedyContinuations(Map<Integer, int[]> byPrefixLength) {
    this(byPrefixLength, null);
  }

  /**
   * Creates a holder of the given continuations; arrays are not copied.
   *
   * @param scores of the sequence, with its greedy choices at least; null if they are not known
   */
  public GreedyContinuations(Map<Integer, int[]> byPrefixLength, @Nullable TokenScores scores) {
    this.byPrefixLength.putAll(byPrefixLength);
    this.scores = scores;
  }

  /**
   * Returns what was found out about the sequence on the way, its greedy choices at least; empty
   * where continuations do not follow from those.
   */
  public Optional<TokenScores> scores() {
    return Optional.ofNullable(scores);
  }

  /** Returns the prefix lengths held, in increasing order. */
  public Set<Integer> prefixLengths() {
    return Collections.unmodifiableSet(byPrefixLength.keySet());
  }

  /**
   * Returns the continuation of the prefix of the given length; do not change it.
   *
   * @throws IllegalArgumentException if it was not asked for
   */
  public int[] after(int prefixLength) {
    int @Nullable [] continuation = byPrefixLength.get(prefixLength);
    checkArgument(continuation != null, "no continuation of prefix length %s", prefixLength);
    return continuation;
  }
}
