package dev.unlearn.training;

/** What passes take beside weights, gradients, and what an optimizer keeps. */
@FunctionalInterface
interface Activations {

  /**
   * Returns the bytes that the largest micro-batch of an update takes, or scoring, if that is more.
   *
   * @param tokens of the micro-batch, padding included
   */
  long bytes(long tokens);
}
