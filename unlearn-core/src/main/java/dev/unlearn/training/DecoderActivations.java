package dev.unlearn.training;

import dev.unlearn.model.PassMemory;
import dev.unlearn.spi.train.Need;
import java.util.Set;

/**
 * What passes of a decoder take: what is in use at once, counted array by array, and what glibc
 * makes of it. Arrays of more than 32 MiB, those of the head and the gradient of the largest
 * matrix, go back to the system as soon as they are freed, so that only the largest of them counts;
 * but the head's memory for one pass is held between updates, also while something is scored. What
 * is smaller stays with the process, so that it comes on top, with the gaps that it leaves.
 *
 * @param passes of the model
 * @param needs of the objective
 * @param length of the longest row
 * @param updateTokens of the largest update; where it takes several passes, gradients of the first
 *     are there in the next
 * @param scoredTokens read at a time where nothing is trained
 * @param largestBytes of one trained array: its gradient is made whole before it is added
 * @param gradientBytes of gradients that a pass makes on its way back, where it frees what it kept
 */
record DecoderActivations(
    PassMemory passes,
    Set<Need> needs,
    int length,
    long updateTokens,
    long scoredTokens,
    long largestBytes,
    long gradientBytes)
    implements Activations {
  /** What glibc keeps for reuse when it is freed. */
  private static final long KEPT_BYTES = 32L << 20;

  /**
   * Of a term of each target: logits, the reference's, what lies between, and gradients, each of
   * nearly 32 MiB, of which only one fits into a heap of 64 MiB, as threads beside the first have
   * them. Measured with KL divergence: 16 such heaps.
   */
  private static final int TERM_HEAPS = 16;

  /** Logits that exist whole: as they are computed, cut, handed out, and gaps as below. */
  private static final int WHOLE_LOGITS = 5;

  /**
   * What glibc holds of smaller blocks, for each byte that is in use at once: what is freed between
   * arrays that stay does not always fit what is asked for next. Measured, see
   * docs/native-memory.md; where all is given back, it is 1.
   */
  private static final double GAPS = 1.35;

  @Override
  public long bytes(long tokens) {
    int passesAtOnce = needs.contains(Need.ALTERNATIVES) ? 2 : 1; // each of half of the tokens
    long reference = 0;
    if (needs.contains(Need.REFERENCE_LOGITS) || needs.contains(Need.RETAIN_REFERENCE_LOGITS)) {
      reference += passes.states(tokens) + TERM_HEAPS * 2 * passes.piece(tokens);
    } else if (needs.contains(Need.RETAIN_REFERENCE_STATES)) {
      reference += passes.states(tokens);
    }
    long trunk = (long) (GAPS * passes.trainedTrunk(tokens, length, KEPT_BYTES));
    boolean severalPasses =
        tokens < updateTokens || passesAtOnce > 1 || needs.contains(Need.RETAIN);
    long small = severalPasses ? trunk + gradientBytes : Math.max(trunk, gradientBytes);
    long held = passes.probabilities(tokens / passesAtOnce);
    long large = Math.max(passesAtOnce * held, largestBytes);
    long whole = needs.contains(Need.WHOLE_LOGITS) ? WHOLE_LOGITS * passes.logits(tokens) : 0;
    return Math.max(
        small + reference + large + whole, held + (long) (GAPS * passes.scoring(scoredTokens)));
  }
}
