package dev.unlearn.spi.train;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Numbers that an objective carries from update to update of one run, by name; an objective itself
 * has no state. Objectives that are added up share one memory, so names begin with the objective's
 * own. Not thread-safe.
 */
public final class ObjectiveMemory {
  private final Map<String, Double> numbers = new LinkedHashMap<>();

  /** Returns a number, or the given one if there is none of this name. */
  public double get(String name, double otherwise) {
    return numbers.getOrDefault(name, otherwise);
  }

  /** Remembers a number. */
  public void set(String name, double number) {
    numbers.put(name, number);
  }

  /** Adds to a number, which is 0 if there is none of this name. */
  public void add(String name, double number) {
    numbers.merge(name, number, Double::sum);
  }

  /** Returns a copy of everything remembered, in the order it was first set. */
  public Map<String, Double> numbers() {
    return ImmutableMap.copyOf(numbers);
  }
}
