package dev.unlearn.eval.task;

import java.util.List;

/**
 * Something to be good at, in items: questions, texts or dialogues. It is asked for its items once
 * per run, from the thread that runs it, and must give the same ones every time.
 */
public interface Task {

  /** Returns a short name for results and files, for instance {@code "arc_easy"}. */
  String key();

  /** Returns the name for readers, for instance {@code "ARC-Easy"}. */
  String title();

  /** Returns by whose rules it is scored, where there is more than one way. */
  default String variant() {
    return Variant.HARNESS.key();
  }

  /** Returns the items, all of one class, at least one. */
  List<? extends TaskItem> items();
}
