package dev.unlearn.training;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Which sequences to keep go into which update: all in a random order, then all in another one, and
 * so on. What an update gets depends on the seed and its number only.
 */
final class RetainDraw {
  private final List<TokenSequence> sequences;
  private final int perUpdate;
  private final long seed;

  /** Draws {@code perUpdate} sequences an update, or all if there are not as many. */
  RetainDraw(List<TokenSequence> sequences, int perUpdate, long seed) {
    this.sequences = sequences;
    this.perUpdate = Math.min(perUpdate, sequences.size());
    this.seed = seed;
  }

  /** Returns the sequences of an update, counted from 1. */
  List<TokenSequence> of(int epoch) {
    long first = (epoch - 1L) * perUpdate;
    List<TokenSequence> drawn = new ArrayList<>(perUpdate);
    long round = -1;
    List<Integer> order = List.of();
    for (long next = first; next < first + perUpdate; next++) {
      if (next / sequences.size() != round) {
        round = next / sequences.size();
        order = order(round);
      }
      drawn.add(sequences.get(order.get(Math.toIntExact(next % sequences.size()))));
    }
    return drawn;
  }

  private List<Integer> order(long round) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, sequences.size()).boxed().toList());
    Collections.shuffle(order, new Random(31 * seed + round));
    return order;
  }
}
