package dev.unlearn.spi.train;

/** What an objective computes a micro-batch's loss from. */
public interface ObjectiveContext {

  /** Returns the micro-batch of sequences to forget. */
  Share forget();
}
