package dev.unlearn.training;

/** Hears how far a measurement has come. */
@FunctionalInterface
interface MeasuringProgress {

  /** Nobody listens. */
  MeasuringProgress NONE = (what, doneTokens, totalTokens) -> {};

  /** Called before each step, however small; what it throws ends the measurement. */
  default void step() {}

  /** Called at the beginning, with 0, and then as sequences are scored and tokens decoded. */
  void at(String what, long doneTokens, long totalTokens);
}
