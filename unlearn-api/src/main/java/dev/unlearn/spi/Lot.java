package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;

/**
 * The sequences that the next epochs work on together. A strategy names them by {@link #of}.
 *
 * @param indices indices into the forget set, at least one
 * @param freshOptimizer whether the optimizer starts anew, without moments from earlier lots
 * @param retiring whether sequences that the criterion calls forgotten on their own stay out of the
 *     updates for as long as it does; they are measured with the others all the same
 */
public record Lot(List<Integer> indices, boolean freshOptimizer, boolean retiring) {
  /** Copies and checks the indices. */
  public Lot {
    checkArgument(!indices.isEmpty(), "a lot must hold at least one index, but was empty");
    indices = List.copyOf(indices);
  }

  /**
   * Returns a lot that begins with a fresh optimizer and whose sequences all stay in the updates.
   */
  public static Lot of(List<Integer> indices) {
    return new Lot(indices, true, false);
  }

  /** Returns this lot, going on with the optimizer of the lot before it. */
  public Lot keepingOptimizer() {
    return new Lot(indices, false, retiring);
  }

  /** Returns this lot, with sequences {@linkplain #retiring() retiring}. */
  public Lot withRetiring() {
    return new Lot(indices, freshOptimizer, true);
  }
}
