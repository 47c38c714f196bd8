package dev.unlearn.eval.task;

import dev.unlearn.eval.stat.Estimate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** From scores of items to metrics of their task. */
final class TaskScoring {
  private final List<? extends TaskItem> items;
  private final List<ItemScores> scores;

  TaskScoring(List<? extends TaskItem> items, List<ItemScores> scores) {
    this.items = items;
    this.scores = scores;
  }

  /** Values and weights of one metric, one per item, NaN where there is none. */
  private record Column(List<Double> values, List<Double> weights) {
    static Column of(int size) {
      return new Column(
          new ArrayList<>(Collections.nCopies(size, Double.NaN)),
          new ArrayList<>(Collections.nCopies(size, Double.NaN)));
    }
  }

  /** Returns which unit each item is of. */
  List<String> units() {
    List<String> units = new ArrayList<>();
    for (int index = 0; index < items.size(); index++) {
      units.add(items.get(index).unit().orElse("item " + index));
    }
    return units;
  }

  /** Returns the true choices; empty if there are no choices. */
  List<Integer> gold() {
    List<Integer> gold = new ArrayList<>();
    for (TaskItem item : items) {
      if (item instanceof ChoiceItem choice) {
        gold.add(choice.gold());
      }
    }
    return gold;
  }

  List<TaskValue> values(double confidence) {
    Map<TaskMetric, Column> columns = new EnumMap<>(TaskMetric.class);
    for (ItemScores one : scores) {
      if (one.scored()) {
        for (TaskItem.Contribution part : items.get(one.index()).contributions(one)) {
          Column column = columns.computeIfAbsent(part.metric(), m -> Column.of(items.size()));
          column.values().set(one.index(), part.sum() / part.weight());
          column.weights().set(one.index(), part.weight());
        }
      }
    }
    OptionalDouble chance = Chance.of(items, scores);
    List<TaskValue> values = new ArrayList<>();
    columns.forEach(
        (metric, column) -> {
          Estimate estimate =
              WeightedMean.of(metric, column.values(), column.weights(), units(), confidence);
          values.add(new TaskValue(metric, estimate, chance, column.values(), column.weights()));
        });
    return values;
  }
}
