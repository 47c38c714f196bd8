package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;

/**
 * The sequences that the next epochs work on together.
 *
 * @param indices indices into the forget set, at least one
 * @param freshOptimizer whether the optimizer starts anew, without moments from earlier lots
 */
public record Lot(List<Integer> indices, boolean freshOptimizer) {
  /** Copies and checks the indices. */
  public Lot {
    checkArgument(!indices.isEmpty(), "a lot must hold at least one index, but was empty");
    indices = List.copyOf(indices);
  }
}
