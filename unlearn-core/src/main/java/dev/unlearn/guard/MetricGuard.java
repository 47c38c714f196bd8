package dev.unlearn.guard;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.SequenceChecks;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.UtilityGuard;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A metric that must stay within a bound. */
final class MetricGuard implements UtilityGuard {
  private final Metric metric;
  private final Corpus validation;
  private final Limit limit;
  private final double number;

  /** Which way the metric must not go, and from where. */
  enum Limit {
    MAX_INCREASE("max-increase", true, true),
    MAX_DECREASE("max-decrease", false, true),
    AT_MOST("at-most", true, false),
    AT_LEAST("at-least", false, false);

    final String description;
    final boolean upper;
    final boolean relative;

    Limit(String description, boolean upper, boolean relative) {
      this.description = description;
      this.upper = upper;
      this.relative = relative;
    }
  }

  MetricGuard(Metric metric, Corpus validation, Limit limit, double number) {
    this.metric = metric;
    this.validation = validation;
    this.limit = limit;
    this.number = number;
  }

  @Override
  public Optional<String> violation(EpochProgress progress) {
    double value = progress.measure(metric, validation).value();
    if (!limit.relative) {
      return accepted(value, number) ? Optional.empty() : Optional.of(reason(value, number));
    }
    double start = progress.baseline(metric, validation).value();
    double change = number * Math.abs(start);
    double bound = limit.upper ? start + change : start - change;
    return accepted(value, bound)
        ? Optional.empty()
        : Optional.of(
            reason(value, bound)
                + String.format(
                    Locale.ROOT, "; it was %.6g before, %s %s", start, limit.description, number));
  }

  /** NaN is neither. */
  private boolean accepted(double value, double bound) {
    return limit.upper ? value <= bound : value >= bound;
  }

  private String reason(double value, double bound) {
    return String.format(
        Locale.ROOT,
        "%s must be %s %.6g, but was: %.6g",
        measured(),
        limit.upper ? "at most" : "at least",
        bound,
        value);
  }

  @Override
  public List<Corpus> corpora() {
    return List.of(validation);
  }

  @Override
  public void check(CausalLm model, ForgetSet set) {
    try {
      List<TokenSequence> sequences = model.tokenizer().sequences(validation);
      SequenceChecks.check("sequence", sequences, model);
      metric.check(sequences);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("guard " + description() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String description() {
    return limit.description + "(" + measured() + ", " + number + ")";
  }

  private String measured() {
    return metric.key() + " on " + validation;
  }
}
