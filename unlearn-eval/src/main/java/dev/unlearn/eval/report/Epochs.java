package dev.unlearn.eval.report;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.MetricResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the epochs of a run have in common. */
final class Epochs {
  private Epochs() {}

  /** Returns the keys of all metrics, in order of first appearance. */
  static List<String> keys(
      List<EpochReport> epochs, Function<EpochReport, Map<String, MetricResult>> metrics) {
    return epochs.stream()
        .flatMap(epoch -> metrics.apply(epoch).keySet().stream())
        .distinct()
        .toList();
  }

  /** Returns the number of the lot that each epoch worked on, from 1. */
  static List<Integer> lots(List<EpochReport> epochs) {
    List<Integer> numbers = new ArrayList<>();
    int lot = 0;
    for (EpochReport epoch : epochs) {
      if (epoch.lotEpoch() == 0 || lot == 0) {
        lot++;
      }
      numbers.add(lot);
    }
    return numbers;
  }
}
