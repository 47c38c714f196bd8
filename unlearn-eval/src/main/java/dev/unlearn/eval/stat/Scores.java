package dev.unlearn.eval.stat;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The scores of one kind of items, and their units.
 *
 * @param values the scores
 * @param units the name of the unit of each
 */
record Scores(List<Double> values, List<String> units) {

  Scores {
    checkArgument(
        values.size() == units.size(),
        "there must be a unit for each of %s scores, but there were %s",
        values.size(),
        units.size());
    values = List.copyOf(values);
    units = List.copyOf(units);
  }

  /** Returns those that are a number. */
  Scores defined() {
    return definedIn(this);
  }

  /** Returns those of which the counterparts among others of the same items are a number. */
  Scores definedIn(Scores others) {
    List<Double> defined = new ArrayList<>();
    List<String> theirs = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (!Double.isNaN(others.values.get(i))) {
        defined.add(values.get(i));
        theirs.add(units.get(i));
      }
    }
    return new Scores(defined, theirs);
  }

  int count() {
    return values.size();
  }

  double[] sorted() {
    double[] sorted = values.stream().mapToDouble(score -> score + 0.0).toArray(); // -0 is 0
    Arrays.sort(sorted);
    return sorted;
  }

  /** Returns the index of each item's unit, in order of appearance. */
  int[] unitIndices() {
    Map<String, Integer> indices = new LinkedHashMap<>();
    return units.stream()
        .mapToInt(
            unit -> {
              int next = indices.size();
              return indices.computeIfAbsent(unit, unused -> next);
            })
        .toArray();
  }

  int unitCount() {
    return (int) units.stream().distinct().count();
  }

  /** Returns the sum of the squares of the units' shares of the items. */
  double squaredShares() {
    return Arrays.stream(sizes()).mapToDouble(size -> Math.pow((double) size / count(), 2)).sum();
  }

  boolean sameSizes() {
    return Arrays.stream(sizes()).distinct().count() <= 1;
  }

  private int[] sizes() {
    int[] sizes = new int[unitCount()];
    for (int unit : unitIndices()) {
      sizes[unit]++;
    }
    return sizes;
  }
}
