package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import java.util.List;
import java.util.SplittableRandom;

/**
 * How updates see a sequence to forget: behind random other text, and without some of its first
 * tokens. Forgetting otherwise clings to the very sequence: a few true tokens in front bring it
 * back. What is drawn depends on the seed, the update and the sequence's index only.
 *
 * @param maxContext tokens of other text that may stand in front, as context only
 * @param maxSkip tokens that may be left out at the beginning
 * @hidden not API
 */
public record RandomContext(int maxContext, int maxSkip) {
  /** Sequences as they are. */
  public static final RandomContext NONE = new RandomContext(0, 0);

  /** Targets that a sequence keeps at least, if it has as many. */
  private static final int MIN_TARGETS = 2;

  /** Checks the values. */
  public RandomContext {
    checkArgument(maxContext >= 0, "maxContext must be >= 0, but was: %s", maxContext);
    checkArgument(maxSkip >= 0, "maxSkip must be >= 0, but was: %s", maxSkip);
  }

  /**
   * Returns a sequence as an update sees it.
   *
   * @param others what context is taken from
   * @param contextLength tokens that the result may have
   * @param random numbers of this update and sequence
   */
  TokenSequence draw(
      TokenSequence sequence,
      List<TokenSequence> others,
      int contextLength,
      SplittableRandom random) {
    int skippable = Math.max(0, Math.min(maxSkip, sequence.length() - 1 - MIN_TARGETS));
    int skip = random.nextInt(skippable + 1);
    int length = sequence.length() - skip;
    int room = Math.min(maxContext, contextLength - length);
    int[] context = context(others, random.nextInt(room + 1), random);
    if (skip == 0 && context.length == 0) {
      return sequence;
    }
    // The first token that is left is no target: nothing true stands before it.
    int prompt = context.length + Math.max(1, sequence.promptLength() - skip);
    return TokenSequence.of(Ints.concat(context, sequence.ids(skip, sequence.length())))
        .withPromptLength(prompt);
  }

  private static int[] context(
      List<TokenSequence> others, int wantedLength, SplittableRandom random) {
    if (wantedLength == 0) {
      return new int[0];
    }
    TokenSequence other = others.get(random.nextInt(others.size()));
    int length = Math.min(wantedLength, other.length());
    int from = random.nextInt(other.length() - length + 1);
    return other.ids(from, from + length);
  }

  /** Returns the random numbers of one sequence in one update. */
  static SplittableRandom random(long seed, int epoch, int index) {
    return Draws.random("context", seed, epoch, index);
  }
}
