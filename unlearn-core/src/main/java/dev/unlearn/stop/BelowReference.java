package dev.unlearn.stop;

import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.ReferenceLevels;
import dev.unlearn.eval.ReferenceLevels.Level;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** {@link StoppingCriteria#belowReference(ReferenceLevels)}. */
final class BelowReference implements StoppingCriterion {
  private final ReferenceLevels reference;
  private final Metric accuracy = MemorizationAccuracy.of();
  private final Metric likelihood;

  BelowReference(ReferenceLevels levels) {
    reference = requireNonNull(levels, "levels");
    likelihood = ExtractionLikelihood.of(levels.order());
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    List<Level> levels = progress.lot().stream().map(reference::level).toList();
    double maLevel = levels.stream().mapToDouble(Level::ma).average().orElseThrow();
    MetricResult ma = progress.measure(accuracy);
    if (!below(ma.value(), maLevel)) {
      return Decision.proceed();
    }
    double elLevel = levels.stream().mapToDouble(Level::el).average().orElseThrow();
    MetricResult el = progress.measure(likelihood);
    return below(el.value(), elLevel)
        ? Decision.forgotten(reason(ma, maLevel, el, elLevel), positions(false, levels, ma, el))
        : Decision.proceed(positions(true, levels, ma, el));
  }

  /** Nothing is below a level of 0, where 0 is enough. */
  private static boolean below(double value, double level) {
    return value < level || (level == 0 && value == 0);
  }

  /** Returns the positions of sequences that on their own are below the reference, or are not. */
  private static List<Integer> positions(
      boolean isBelow, List<Level> levels, MetricResult ma, MetricResult el) {
    return IntStream.range(0, levels.size())
        .filter(
            i ->
                (below(ma.perSequence().get(i), levels.get(i).ma())
                        && below(el.perSequence().get(i), levels.get(i).el()))
                    == isBelow)
        .boxed()
        .toList();
  }

  private String reason(MetricResult ma, double maLevel, MetricResult el, double elLevel) {
    return String.format(
        Locale.ROOT,
        "mean MA %.4f (reference model %.4f), mean EL_%d %.4f (reference model %.4f)",
        ma.value(),
        maLevel,
        reference.order(),
        el.value(),
        elLevel);
  }

  @Override
  public List<Metric> metrics() {
    return List.of(accuracy, likelihood);
  }

  @Override
  public void check(CausalLm model, ForgetSet set) {
    StoppingCriterion.super.check(model, set);
    reference.check(set);
  }

  @Override
  public String description() {
    return "below-reference(" + reference + ")";
  }
}
