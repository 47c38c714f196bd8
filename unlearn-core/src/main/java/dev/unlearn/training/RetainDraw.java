package dev.unlearn.training;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * The order in which sequences to keep go into updates: all in a random order, then all in another
 * one, and so on. It depends on the seed only.
 */
final class RetainDraw {
  private final List<TokenSequence> sequences;
  private final long seed;

  RetainDraw(List<TokenSequence> sequences, long seed) {
    this.sequences = sequences;
    this.seed = seed;
  }

  /**
   * Returns the next sequences.
   *
   * @param first how many were drawn before
   */
  List<TokenSequence> draw(long first, int count) {
    List<TokenSequence> drawn = new ArrayList<>(count);
    long round = -1;
    int[] order = {};
    for (long next = first; next < first + count; next++) {
      if (next / sequences.size() != round) {
        round = next / sequences.size();
        order = order(round);
      }
      drawn.add(sequences.get(order[Math.toIntExact(next % sequences.size())]));
    }
    return drawn;
  }

  private int[] order(long round) {
    SplittableRandom random = Draws.random("retain", seed, round);
    int[] order = IntStream.range(0, sequences.size()).toArray();
    for (int last = order.length - 1; last > 0; last--) { // Fisher and Yates
      int other = random.nextInt(last + 1);
      int held = order[last];
      order[last] = order[other];
      order[other] = held;
    }
    return order;
  }
}
