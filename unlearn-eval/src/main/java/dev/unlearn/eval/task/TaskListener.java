package dev.unlearn.eval.task;

/** Hears how far tasks are, and may end them. Called from the thread that runs them. */
public interface TaskListener {

  /** Hears nothing and ends nothing. */
  TaskListener NONE = new TaskListener() {};

  /** Called before a task's first items are scored and after each group of them. */
  default void progressed(TaskProgress progress) {}

  /** Called when a task is done. */
  default void finished(TaskResult result) {}

  /**
   * Asked before each group of items; true ends the run with {@link
   * java.util.concurrent.CancellationException}. What has been scored stays in the cache.
   */
  default boolean cancelled() {
    return false;
  }
}
