package dev.unlearn.eval.attack;

import dev.unlearn.eval.audit.AttackResult;
import java.util.List;

/**
 * Tries to bring back what was forgotten. Implementations are immutable; whatever they do to a
 * model, they undo it, also when they fail.
 */
public interface Attack {

  /** Returns the name in files, parameters included: {@code "leak_at_16"}. */
  String key();

  /** Returns the name for readers. */
  String title();

  /** Returns what is done, parameters included, in whole sentences. */
  String description();

  /**
   * Attacks; called from one thread.
   *
   * @throws IllegalArgumentException if the model or the texts are none that this attack can work
   *     with
   */
  AttackResult run(AttackContext context);

  /**
   * Returns an attack that measures by a function.
   *
   * @param key the name in files
   * @param title the name for readers
   * @param description what is done, in whole sentences
   * @param metric the key of the metric that all values are of
   * @param strengths in order
   * @throws IllegalArgumentException if there is no strength; when it runs, if the function does
   *     not return a value for each strength and sequence
   */
  static Attack of(
      String key,
      String title,
      String description,
      String metric,
      List<Strength> strengths,
      Probe probe) {
    return new ProbeAttack(key, title, description, metric, List.copyOf(strengths), probe);
  }
}
