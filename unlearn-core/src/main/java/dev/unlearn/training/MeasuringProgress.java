package dev.unlearn.training;

/** Hears how far a measurement has come. */
@FunctionalInterface
interface MeasuringProgress {

  /** Nobody listens. */
  MeasuringProgress NONE = (what, doneTokens, totalTokens) -> {};

  /** Called at the beginning, with 0, and after each group of sequences. */
  void at(String what, long doneTokens, long totalTokens);
}
