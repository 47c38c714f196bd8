package dev.unlearn.stop;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.SequenceChecks;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A metric, on the lot or on a corpus, below or above a number or a multiple of its baseline. */
final class MetricBound implements StoppingCriterion {

  /** Which side of the bound is the goal. */
  enum Side {
    BELOW,
    ABOVE
  }

  private final Metric metric;
  private final @Nullable Corpus corpus;
  private final Side side;
  private final double number;
  private final boolean timesBaseline;

  private MetricBound(
      Metric metric, @Nullable Corpus corpus, Side side, double number, boolean timesBaseline) {
    this.metric = requireNonNull(metric, "metric");
    this.corpus = corpus;
    this.side = side;
    this.number = number;
    this.timesBaseline = timesBaseline;
  }

  /**
   * Returns a bound by a number.
   *
   * @param corpus null for the lot
   */
  static MetricBound at(Side side, Metric metric, @Nullable Corpus corpus, double value) {
    checkArgument(!Double.isNaN(value), "value must be a number, but was: NaN");
    return new MetricBound(metric, corpus, side, value, false);
  }

  /**
   * Returns a bound by a multiple of what the original model gives.
   *
   * @param corpus null for the lot
   */
  static MetricBound atBaseline(Side side, Metric metric, @Nullable Corpus corpus, double factor) {
    checkArgument(
        factor > 0 && Double.isFinite(factor),
        "factor must be finite and > 0, but was: %s",
        factor);
    return new MetricBound(metric, corpus, side, factor, true);
  }

  @Override
  public Decision evaluate(EpochProgress progress) {
    double value = measure(progress);
    double bound = timesBaseline ? number * baseline(progress) : number;
    boolean reached = side == Side.BELOW ? below(value, bound) : value > bound;
    return reached ? Decision.forgotten(reason(value, bound)) : Decision.proceed();
  }

  /** Nothing is below a baseline of 0, where 0 is enough. */
  private boolean below(double value, double bound) {
    return value < bound || (timesBaseline && bound == 0 && value == 0);
  }

  private double measure(EpochProgress progress) {
    return (corpus == null ? progress.measure(metric) : progress.measure(metric, corpus)).value();
  }

  private double baseline(EpochProgress progress) {
    return (corpus == null ? progress.baseline(metric) : progress.baseline(metric, corpus)).value();
  }

  private String reason(double value, double bound) {
    String reason =
        String.format(Locale.ROOT, "%s %.6g is %s %.6g", measured(), value, sideName(), bound);
    return timesBaseline ? reason + ", " + number + " times its baseline" : reason;
  }

  @Override
  public List<Corpus> corpora() {
    return corpus == null ? List.of() : List.of(corpus);
  }

  @Override
  public List<Metric> metrics() {
    return corpus == null ? List.of(metric) : List.of();
  }

  @Override
  public void check(CausalLm model, ForgetSet set) {
    StoppingCriterion.super.check(model, set);
    if (corpus != null) {
      try {
        List<TokenSequence> sequences = model.tokenizer().sequences(corpus);
        SequenceChecks.check("sequence", sequences, model);
        metric.check(sequences);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(description() + ": " + e.getMessage(), e);
      }
    }
  }

  @Override
  public String description() {
    return sideName() + (timesBaseline ? "-baseline(" : "(") + measured() + ", " + number + ")";
  }

  private String measured() {
    return corpus == null ? metric.key() : metric.key() + " on " + corpus;
  }

  private String sideName() {
    return side == Side.BELOW ? "below" : "above";
  }
}
