package dev.unlearn.eval.attack;

import static java.util.Objects.requireNonNull;

/**
 * One strength of an attack.
 *
 * @param setting for readers, for instance {@code "10 steps"}
 * @param value as a number, to draw a curve over
 */
public record Strength(String setting, double value) {

  /** Checks the value. */
  public Strength {
    requireNonNull(setting, "setting");
  }
}
