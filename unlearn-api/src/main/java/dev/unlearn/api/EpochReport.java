package dev.unlearn.api;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.immutables.value.Value;

/**
 * What happened in one epoch. An epoch is one optimizer update over the current lot, followed by
 * the stopping criterion. The first report of every lot is taken before any update of that lot and
 * has no loss; the first of a run has epoch 0 and holds the baselines.
 */
@Value.Immutable
@ValueStyle
public interface EpochReport {
  /** Returns the number of updates since the run began. */
  int epoch();

  /** Returns the number of updates on this lot; 0 for the measurement before its first. */
  int lotEpoch();

  /** Returns the lot, as indices into the forget set. */
  List<Integer> lot();

  /**
   * Returns the loss before this epoch's update, in nats per target token, of what the update
   * forgets: the lot, without what retired, in the context it was drawn with. Empty for objectives
   * that need hidden states below the last only, such as RMU: they do not run the model to its end.
   */
  OptionalDouble loss();

  /** Returns the value of the minimized objective before this epoch's update. */
  OptionalDouble objective();

  /** Returns the global L2 norm of this epoch's gradient. */
  OptionalDouble gradientNorm();

  /** Returns what was measured on the lot after the update, by key. */
  Map<String, MetricResult> metrics();

  /**
   * Returns what guards and criteria measured on other data after the update, by key; with {@code
   * "#2"} and so on behind the key of a further corpus.
   */
  Map<String, MetricResult> otherMetrics();

  /** Returns what the stopping criterion decided. */
  Decision decision();

  /** Returns the time this epoch took, measuring included. */
  Duration duration();

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableEpochReport.builder();
  }

  /** Builds an {@link EpochReport}. */
  interface Builder {
    /** Sets {@link EpochReport#epoch()}. */
    @CanIgnoreReturnValue
    Builder epoch(int value);

    /** Sets {@link EpochReport#lotEpoch()}. */
    @CanIgnoreReturnValue
    Builder lotEpoch(int value);

    /** Adds to {@link EpochReport#lot()}. */
    @CanIgnoreReturnValue
    Builder addAllLot(Iterable<Integer> values);

    /** Sets {@link EpochReport#loss()}. */
    @CanIgnoreReturnValue
    Builder loss(double value);

    /** Sets {@link EpochReport#objective()}. */
    @CanIgnoreReturnValue
    Builder objective(double value);

    /** Sets {@link EpochReport#gradientNorm()}. */
    @CanIgnoreReturnValue
    Builder gradientNorm(double value);

    /** Adds to {@link EpochReport#metrics()}. */
    @CanIgnoreReturnValue
    Builder putAllMetrics(Map<String, ? extends MetricResult> values);

    /** Adds to {@link EpochReport#otherMetrics()}. */
    @CanIgnoreReturnValue
    Builder putAllOtherMetrics(Map<String, ? extends MetricResult> values);

    /** Sets {@link EpochReport#decision()}. */
    @CanIgnoreReturnValue
    Builder decision(Decision value);

    /** Sets {@link EpochReport#duration()}. */
    @CanIgnoreReturnValue
    Builder duration(Duration value);

    /** Returns the value. */
    EpochReport build();
  }
}
