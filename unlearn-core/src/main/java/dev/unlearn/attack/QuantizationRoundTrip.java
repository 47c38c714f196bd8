package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.attack.GroupedSequences;
import dev.unlearn.eval.attack.Strength;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.BorrowedWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@link Attacks#quantization(Metric, Granularity, List)}. */
final class QuantizationRoundTrip implements Attack {
  private static final int MIN_BITS = 2;
  private static final int MAX_BITS = 16;

  private final Metric metric;
  private final Granularity granularity;
  private final List<Integer> bits;

  QuantizationRoundTrip(Metric metric, Granularity granularity, List<Integer> bits) {
    this.metric = requireNonNull(metric, "metric");
    this.granularity = requireNonNull(granularity, "granularity");
    this.bits = bits;
    Measuring.check(metric);
    checkArgument(!bits.isEmpty(), "bits must have at least one number, but had none");
    for (int i = 0; i < bits.size(); i++) {
      checkArgument(
          bits.get(i) >= MIN_BITS && bits.get(i) <= MAX_BITS,
          "bits must be in [%s, %s], but one was: %s",
          MIN_BITS,
          MAX_BITS,
          bits.get(i));
      checkArgument(
          i == 0 || bits.get(i) < bits.get(i - 1), "bits must decrease, but were: %s", bits);
    }
  }

  @Override
  public String key() {
    return "quantization_per_" + granularity.key() + "_" + metric.key();
  }

  @Override
  public String title() {
    return "Rounding to integers, " + granularity.description();
  }

  @Override
  public String description() {
    return "All weight matrices are rounded to a few bits and back, with "
        + granularity.description()
        + ", and measured by "
        + metric.key()
        + ".";
  }

  @Override
  public AttackResult run(AttackContext context) {
    RoundedMatrices matrices = matrices(context.model());
    Optional<RoundedMatrices> before = context.original().map(this::matrices);
    List<Strength> strengths =
        bits.stream().map(count -> new Strength(count + " bits", count)).toList();
    AttackResult.Builder result = context.measure(this, metric.key(), strengths, this::values);
    before.ifPresent(original -> notes(matrices, original).forEach(result::addNote));
    return result.build();
  }

  private RoundedMatrices matrices(CausalLm model) {
    return RoundedMatrices.of(Measuring.trainable(key(), model));
  }

  private List<List<Double>> values(CausalLm given, GroupedSequences texts) {
    TrainableCausalLm model = Measuring.trainable(key(), given);
    List<List<Double>> values = new ArrayList<>();
    try (BorrowedWeights borrowed = new BorrowedWeights(model)) {
      for (int count : bits) {
        borrowed.restore();
        RoundedMatrices.of(model).round(granularity, count);
        values.add(metric.measure(model, texts.sequences()).perSequence());
      }
    }
    return values;
  }

  private List<String> notes(RoundedMatrices matrices, RoundedMatrices before) {
    List<String> notes = new ArrayList<>();
    for (int count : bits) {
      matrices
          .vanishing(before, granularity, count)
          .ifPresent(
              share ->
                  notes.add(
                      String.format(
                          Locale.ROOT,
                          "Of the weights that unlearning changed, %.1f %% are rounded to the same"
                              + " %d-bit number as before, and %.1f %% were changed by less than"
                              + " half a step.",
                          100 * share.sameNumber(),
                          count,
                          100 * share.belowHalfStep())));
    }
    return notes;
  }

  @Override
  public String toString() {
    return key();
  }
}
