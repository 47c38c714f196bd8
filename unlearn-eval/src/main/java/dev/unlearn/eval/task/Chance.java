package dev.unlearn.eval.task;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/** What one reaches at a task without knowing anything about it. */
final class Chance {
  private Chance() {}

  /**
   * Returns the better of guessing and, where all items have the same answers, as yes and no, of
   * always giving the most frequent true one; over the scored items. Empty if there are no choices.
   */
  static OptionalDouble of(List<? extends TaskItem> items, List<ItemScores> scores) {
    List<ChoiceItem> scored = new ArrayList<>();
    for (ItemScores one : scores) {
      if (one.scored() && items.get(one.index()) instanceof ChoiceItem item) {
        scored.add(item);
      }
    }
    if (scored.isEmpty()) {
      return OptionalDouble.empty();
    }
    double guessing =
        scored.stream().mapToDouble(item -> 1.0 / item.requests().size()).average().orElseThrow();
    return OptionalDouble.of(Math.max(guessing, constant(scored)));
  }

  private static double constant(List<ChoiceItem> items) {
    Set<List<String>> answers = new HashSet<>();
    Map<Integer, Integer> counts = new HashMap<>();
    for (ChoiceItem item : items) {
      answers.add(item.requests().stream().map(Request::continuation).toList());
      counts.merge(item.gold(), 1, Integer::sum);
    }
    double most = counts.values().stream().mapToInt(count -> count).max().orElse(0);
    return answers.size() == 1 && items.size() > 1 ? most / items.size() : 0;
  }
}
