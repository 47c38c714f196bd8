package dev.unlearn.eval;

import dev.unlearn.api.TokenSequence;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

final class RandomSequences {
  private RandomSequences() {}

  /** Ids below a small alphabet's size, so that n-grams repeat. */
  static int[] ids(Random random, int length, int alphabet) {
    return random.ints(length, 0, alphabet).toArray();
  }

  /** Sequences of 2 to 14 tokens, every other one with a prompt. */
  static List<TokenSequence> ragged(Random random, int count, int alphabet) {
    return Stream.generate(
            () -> {
              int length = 2 + random.nextInt(13);
              TokenSequence sequence = TokenSequence.of(ids(random, length, alphabet));
              int promptLength = random.nextBoolean() ? random.nextInt(length) : 0;
              return sequence.withPromptLength(promptLength);
            })
        .limit(count)
        .toList();
  }
}
