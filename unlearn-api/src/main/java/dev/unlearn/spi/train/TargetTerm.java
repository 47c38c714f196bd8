package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;

/**
 * A value of a target that depends on the whole distribution that predicts it: a divergence, a
 * cross-entropy with other targets, a margin. It sees some targets at a time and each of them more
 * than once; what it returns for one may not depend on the others it is shown with.
 *
 * @see Share#perTarget
 */
@FunctionalInterface
public interface TargetTerm {

  /** Returns a value of each target, shape (N), in the graph of {@link TargetLogits#logits()}. */
  NDArray values(TargetLogits targets);
}
