package dev.unlearn.model.generation;

import com.google.common.hash.Hashing;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.Decoding;
import java.util.SplittableRandom;

/**
 * Chooses the next tokens of one prompt, as its {@link Decoding} says. Random numbers depend on the
 * seed and the prompt's index only, one for each token drawn. Not thread-safe.
 */
final class TokenChooser {
  private final Decoding decoding;
  private final int promptIndex;
  private final RepetitionPenalty penalty;
  private final Candidates candidates;
  private final SplittableRandom random;

  TokenChooser(Decoding decoding, int promptIndex) {
    this(decoding, promptIndex, new Candidates());
  }

  /**
   * Creates a chooser that uses the memory of other choosers.
   *
   * @param candidates shared by choosers of one thread, overwritten by each choice
   */
  TokenChooser(Decoding decoding, int promptIndex, Candidates candidates) {
    this.decoding = decoding;
    this.promptIndex = promptIndex;
    this.candidates = candidates;
    penalty = new RepetitionPenalty(decoding.repetitionPenalty());
    random = new SplittableRandom(mix(decoding.seed(), promptIndex));
  }

  /**
   * Returns the id of the next token.
   *
   * @param tokens prompt and continuation so far
   * @param logits the model's score of each id; changed in place
   * @throws UnlearningException if a logit is NaN or {@link Float#POSITIVE_INFINITY}, or all are
   *     {@link Float#NEGATIVE_INFINITY}, from the model or by what the decoding changes
   */
  int choose(int[] tokens, float[] logits) {
    change(tokens, logits);
    if (decoding.temperature() == 0) {
      return best(logits);
    }
    weigh(logits);
    return candidates.draw(random.nextDouble());
  }

  private void change(int[] tokens, float[] logits) {
    check(logits, "of the model", tokens.length);
    if (decoding.repetitionPenalty() != 1) {
      penalty.apply(tokens, logits);
      check(logits, "after repetitionPenalty", tokens.length);
    }
    if (decoding.logitsTransform().isPresent()) {
      decoding.logitsTransform().get().apply(tokens, logits);
      check(logits, "after logitsTransform", tokens.length);
    }
  }

  private void check(float[] logits, String whose, int length) {
    boolean anyAllowed = false;
    for (float logit : logits) {
      if (!(logit < Float.POSITIVE_INFINITY)) {
        throw new UnlearningException(
            "logits %s must be finite or -Infinity, but one for prompt %s at length %s was: %s"
                .formatted(whose, promptIndex, length, logit));
      }
      anyAllowed |= logit > Float.NEGATIVE_INFINITY;
    }
    if (!anyAllowed) {
      throw new UnlearningException(
          "logits %s must not all be -Infinity, but all for prompt %s at length %s were"
              .formatted(whose, promptIndex, length));
    }
  }

  private static int best(float[] logits) {
    int best = 0;
    for (int id = 1; id < logits.length; id++) {
      best = logits[id] > logits[best] ? id : best;
    }
    return best;
  }

  private void weigh(float[] logits) {
    candidates.load(logits);
    if (decoding.topK() > 0) {
      candidates.keepBest(decoding.topK());
    }
    candidates.weigh(decoding.temperature());
    if (decoding.topP() < 1) {
      candidates.keepNucleus(decoding.topP());
    }
  }

  /** Hashed, because generators whose seeds differ by a multiple of a constant share a stream. */
  private static long mix(long seed, int promptIndex) {
    return Hashing.murmur3_128().newHasher().putLong(seed).putInt(promptIndex).hash().asLong();
  }
}
