package dev.unlearn.eval.audit;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.Sample;
import dev.unlearn.eval.stat.Units;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Makes rows of an audit from what a metric measured on the same sequences before and after.
 *
 * <p>Aggregates are the metric's own. Their intervals and that of the mean change are {@link
 * Sample}'s, at {@link #CONFIDENCE}; sequences of one name are one unit. Extraction likelihood and
 * strength, memorization accuracy, exact memorization, probability and accuracy are in [0, 1]; loss
 * and perplexity are in no known range, are weighted by tokens, and have no interval below {@link
 * Sample#BOOTSTRAP_UNITS} units; neither has any other metric. Where the aggregate is not the mean
 * of its items, it has no interval.
 *
 * <p>Near the reference is better for privacy. For utility it is higher, or lower for loss and
 * perplexity. Immutable.
 */
public final class Measurements {
  /** The confidence of all intervals. */
  public static final double CONFIDENCE = 0.95;

  private final Side side;
  private final String data;
  private final List<TokenSequence> sequences;
  private final Optional<Reference> reference;

  private record Reference(double value, String name) {}

  private Measurements(
      Side side, String data, List<TokenSequence> sequences, Optional<Reference> reference) {
    this.side = side;
    this.data = data;
    this.sequences = sequences;
    this.reference = reference;
  }

  /**
   * Returns what makes rows of one body of data.
   *
   * @param data what the sequences are, for readers: {@code "forget set"}
   */
  public static Measurements of(Side side, String data, List<TokenSequence> sequences) {
    return new Measurements(
        requireNonNull(side, "side"),
        requireNonNull(data, "data"),
        List.copyOf(sequences),
        Optional.empty());
  }

  /** Returns the same, with a value to compare with: that of unseen text, or chance. */
  public Measurements against(double value, String name) {
    return new Measurements(
        side, data, sequences, Optional.of(new Reference(value, requireNonNull(name, "name"))));
  }

  /**
   * Returns the row of all sequences.
   *
   * @throws IllegalArgumentException if a result is of another number of sequences, or the two are
   *     of different metrics
   */
  public Measurement row(Optional<MetricResult> before, MetricResult after) {
    return row(Optional.empty(), sequences, before, after);
  }

  /**
   * Returns a row of all sequences, then one per domain.
   *
   * @param before results by domain, those of all under the empty key; empty if there are none
   * @param after likewise; its order is that of the rows
   * @throws IllegalArgumentException likewise, or if a domain is missing before
   */
  public List<Measurement> rows(
      Map<Optional<String>, MetricResult> before, Map<Optional<String>, MetricResult> after) {
    checkArgument(
        before.isEmpty() || before.keySet().containsAll(after.keySet()),
        "results before must be of the same domains as those after, but lack one of: %s",
        after.keySet());
    List<Measurement> rows = new ArrayList<>();
    after.forEach(
        (domain, result) -> {
          List<TokenSequence> theirs =
              domain.isEmpty()
                  ? sequences
                  : sequences.stream().filter(s -> s.domain().equals(domain)).toList();
          rows.add(row(domain, theirs, Optional.ofNullable(before.get(domain)), result));
        });
    return rows;
  }

  private Measurement row(
      Optional<String> domain,
      List<TokenSequence> theirs,
      Optional<MetricResult> before,
      MetricResult after) {
    Scale scale = Scale.of(after.key());
    List<String> units = Units.byName(theirs);
    List<Integer> tokens = theirs.stream().map(TokenSequence::targetCount).toList();
    before.ifPresent(
        result ->
            checkArgument(
                result.key().equals(after.key()),
                "results must be of one metric, but were of: %s and %s",
                result.key(),
                after.key()));
    Measurement.Builder row =
        Measurement.builder()
            .side(side)
            .key(after.key())
            .title(MetricTitles.of(after.key()))
            .data(data)
            .domain(domain)
            .better(better(scale))
            .before(before.map(result -> estimate(scale, result, units, tokens)))
            .after(estimate(scale, after, units, tokens))
            .change(
                before.map(
                    result ->
                        scale.change(
                            result.perSequence(), after.perSequence(), units, tokens, CONFIDENCE)))
            .addAllItemsBefore(before.map(MetricResult::perSequence).orElse(List.of()))
            .addAllItemsAfter(after.perSequence());
    reference.ifPresent(value -> row.reference(value.value()).referenceName(value.name()));
    return row.build();
  }

  private Better better(Scale scale) {
    if (side == Side.PRIVACY) {
      return Better.NEAR_REFERENCE;
    }
    return scale.lowerIsBetter() ? Better.LOWER : Better.HIGHER;
  }

  private static Estimate estimate(
      Scale scale, MetricResult result, List<String> units, List<Integer> tokens) {
    List<Double> values = result.perSequence();
    checkArgument(
        values.size() == units.size(),
        "%s must have a value for each of %s sequences, but had %s",
        result.key(),
        units.size(),
        values.size());
    Estimate mean = scale.mean(values, units, tokens, CONFIDENCE);
    double gap = Math.abs(mean.value() - result.value());
    if (gap <= 1e-9 * Math.max(1, Math.abs(result.value())) || Double.isNaN(mean.value())) {
      return mean;
    }
    int defined =
        (int)
            IntStream.range(0, values.size())
                .filter(i -> !Double.isNaN(values.get(i)))
                .mapToObj(units::get)
                .distinct()
                .count();
    return Estimate.of(
        result.value(), defined, "no interval: the aggregate is not the mean of its items");
  }
}
