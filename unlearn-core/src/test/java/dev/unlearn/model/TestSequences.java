package dev.unlearn.model;

import dev.unlearn.api.TokenSequence;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Sequences of random ids. */
public final class TestSequences {
  private TestSequences() {}

  public static List<TokenSequence> random(long seed, int vocabularySize, int... lengths) {
    Random random = new Random(seed);
    return IntStream.of(lengths)
        .mapToObj(length -> TokenSequence.of(random.ints(length, 0, vocabularySize).toArray()))
        .toList();
  }
}
