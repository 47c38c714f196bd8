package dev.unlearn.eval.tofu;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Model utility: the harmonic mean of nine means, those of probability, ROUGE-L recall and truth
 * ratio on the retain set, real authors and world facts.
 *
 * <p>In [0, 1]; 0 if any of the nine is 0, NaN if any is undefined. Source: Maini et al., TOFU,
 * 2024, arXiv 2401.06121. The least of the nine rules it, so look at all of them: {@link
 * TofuScores#measurements}.
 *
 * @param components the nine means, set by set
 * @param unitCount how many units they rest on
 */
public record ModelUtility(List<Double> components, int unitCount) {

  /** Copies the list. */
  public ModelUtility {
    components = List.copyOf(components);
  }

  /**
   * Returns the utility of a model.
   *
   * @throws IllegalArgumentException if scores are of another set than they should be
   */
  public static ModelUtility of(
      TofuScores retain, TofuScores realAuthors, TofuScores worldFacts, TruthRatio form) {
    check(TofuSet.RETAIN, retain);
    check(TofuSet.REAL_AUTHORS, realAuthors);
    check(TofuSet.WORLD_FACTS, worldFacts);
    List<Double> components = new ArrayList<>();
    int unitCount = 0;
    for (TofuScores scores : List.of(retain, realAuthors, worldFacts)) {
      components.add(mean(scores.probabilities(form)));
      components.add(mean(scores.recalls()));
      components.add(mean(scores.truthRatios(form)));
      unitCount += (int) scores.units().stream().distinct().count();
    }
    return new ModelUtility(components, unitCount);
  }

  private static void check(TofuSet set, TofuScores scores) {
    checkArgument(
        scores.set() == set,
        "scores must be of the %s, but were of the %s",
        set.title(),
        scores.set().title());
  }

  private static double mean(List<Double> values) {
    return values.stream()
        .mapToDouble(v -> v)
        .filter(v -> !Double.isNaN(v))
        .average()
        .orElse(Double.NaN);
  }

  /** Returns the harmonic mean, in [0, 1]. */
  public double value() {
    // 1 / 0 is infinite and makes the mean 0; a NaN stays.
    return components.size() / components.stream().mapToDouble(mean -> 1 / mean).sum();
  }

  /**
   * Returns this as a row of an audit, without an interval.
   *
   * @param before of the model as it was; empty if it was not measured
   */
  public Measurement measurement(Optional<ModelUtility> before) {
    return Measurement.builder()
        .side(Side.UTILITY)
        .key("tofu_model_utility")
        .title("Model utility")
        .data("TOFU retain set, real authors, world facts")
        .better(Better.HIGHER)
        .before(before.map(ModelUtility::estimate))
        .after(estimate())
        .addNote("The harmonic mean of nine means; the least of them rules it.")
        .build();
  }

  private Estimate estimate() {
    return Estimate.of(value(), unitCount, "no interval: a harmonic mean of means");
  }
}
