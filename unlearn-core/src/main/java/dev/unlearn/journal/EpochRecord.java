package dev.unlearn.journal;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableMap;
import dev.unlearn.api.EpochReport;
import java.util.Map;
import java.util.Optional;

/**
 * What a run needs to know of an epoch to go on after it, besides arrays.
 *
 * @param report what was found out
 * @param objectiveMemory numbers that the objective keeps, by name
 * @param corpora keys in the report by opaque names of the other data measured on, which are the
 *     same in every run that goes on with this one
 * @param best the best epoch so far, if the run keeps its weights
 */
public record EpochRecord(
    EpochReport report,
    Map<String, Double> objectiveMemory,
    Map<String, String> corpora,
    Optional<Best> best) {

  /** Copies the maps; their order is kept. */
  public EpochRecord {
    requireNonNull(report, "report");
    objectiveMemory = ImmutableMap.copyOf(objectiveMemory);
    corpora = ImmutableMap.copyOf(corpora);
    requireNonNull(best, "best");
  }

  /**
   * The best epoch so far.
   *
   * @param epoch its number
   * @param value what it was judged by
   */
  public record Best(int epoch, double value) {}
}
