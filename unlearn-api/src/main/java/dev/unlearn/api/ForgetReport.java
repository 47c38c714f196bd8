package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkState;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.immutables.value.Value;

/**
 * The provenance of a run: what was asked, with which settings, what happened in every epoch, how
 * it ended and which weights the model has now. It never holds text, token ids or an unkeyed digest
 * of a sequence.
 */
@Value.Immutable
@ValueStyle
public interface ForgetReport {
  /** Returns how the run ended. */
  Outcome outcome();

  /** Returns why it ended, in a sentence. */
  String reason();

  /**
   * Returns whether the set is forgotten and the model has the new weights: whether {@link
   * #outcome()} is {@link Outcome#FORGOTTEN}. After any other outcome the model is the original one
   * unless the recipe keeps the best or the last weights.
   */
  default boolean succeeded() {
    return outcome() == Outcome.FORGOTTEN;
  }

  /**
   * Returns whether every lot met the stopping criterion in its turn, also where harm was measured
   * then: whether {@link #outcome()} is {@link Outcome#FORGOTTEN} or {@link Outcome#DAMAGED}. An
   * earlier lot may have come back since; see {@link #criterionMetTogether()}.
   */
  default boolean criterionMet() {
    return succeeded() || outcome() == Outcome.DAMAGED;
  }

  /**
   * Returns the effect on unseen text, where unseen text was given and the set was forgotten or the
   * last or best weights are kept.
   */
  Optional<Health> health();

  /** Returns whether the model has the original weights again. */
  boolean restored();

  /** Returns the epoch whose weights the model has; 0 for the original ones. */
  int weightsOfEpoch();

  /**
   * Returns the indices of sequences that on their own were still at or above a threshold when a
   * lot of theirs was last declared forgotten on the mean. Lots that were never forgotten are not
   * in it.
   */
  List<Integer> sequencesAbove();

  /**
   * Returns every epoch, the measurement before the first update included; empty only if the run
   * was cancelled or failed before that.
   */
  List<EpochReport> epochs();

  /** Returns the epoch after which the run was resumed from its work directory, if it was. */
  OptionalInt resumedAfter();

  /** Returns the caller's names of the sequences, {@code "#index"} where there is none. */
  List<String> sequenceNames();

  /** Returns the number of target tokens in the forget set. */
  long targetCount();

  /** Returns the model worked on. */
  ModelInfo model();

  /** Returns the settings of the recipe by name, defaults included. */
  Map<String, String> settings();

  /** Returns the versions of the library, DJL, the engine and Java. */
  Map<String, String> versions();

  /**
   * Returns digests by name: {@code model.before} and {@code model.after} are SHA-256 over names,
   * shapes and values of the parameters that are trained, which with an adapter are its alone;
   * {@code forgetSet} is HMAC-SHA-256 under the caller's key and present only if one was given.
   */
  Map<String, String> digests();

  /** Returns when the run began. */
  Instant startedAt();

  /** Returns the time the run took. */
  Duration duration();

  /** Checks that there are epochs. */
  @Value.Check
  default void check() {
    checkState(
        !epochs().isEmpty() || outcome() == Outcome.CANCELLED || outcome() == Outcome.FAILED,
        "a report must have at least one epoch, but had none");
  }

  /** Returns the last epoch; empty if there is none. */
  private Optional<EpochReport> last() {
    return epochs().isEmpty() ? Optional.empty() : Optional.of(epochs().get(epochs().size() - 1));
  }

  /**
   * Returns the metrics of the last lot when it was first looked at, before its first update; empty
   * if there was no epoch.
   */
  default Map<String, MetricResult> before() {
    return last()
        .flatMap(last -> epochs().stream().filter(e -> e.lot().equals(last.lot())).findFirst())
        .map(EpochReport::metrics)
        .orElse(Map.of());
  }

  /** Returns the metrics after the last epoch, on its lot; empty if there was none. */
  default Map<String, MetricResult> after() {
    return last().map(EpochReport::metrics).orElse(Map.of());
  }

  /**
   * Returns the last epoch of every lot, in the order in which the lots were worked on: its {@link
   * EpochReport#lotEpoch()} is the number of updates that the lot took. A lot that the strategy
   * named again is there again.
   */
  default List<EpochReport> lotEnds() {
    return IntStream.range(0, epochs().size())
        .filter(i -> i == epochs().size() - 1 || epochs().get(i + 1).lotEpoch() == 0)
        .mapToObj(epochs()::get)
        .toList();
  }

  /**
   * Returns whether the same weights, those of the last epoch, met the stopping criterion on every
   * sequence's lot: whether {@link #criterionMet()} and no update came after a sequence's lot was
   * last declared forgotten.
   */
  default boolean criterionMetTogether() {
    Set<Integer> last = new HashSet<>();
    lotEnds().stream()
        .filter(end -> end.epoch() == epochCount())
        .filter(end -> end.decision() instanceof Decision.Forgotten)
        .forEach(end -> last.addAll(end.lot()));
    return criterionMet() && last.size() == sequenceNames().size();
  }

  /** Returns the number of updates made. */
  default int epochCount() {
    return last().map(EpochReport::epoch).orElse(0);
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableForgetReport.builder();
  }

  /** Builds a {@link ForgetReport}. */
  interface Builder {
    /** Sets {@link ForgetReport#outcome()}. */
    @CanIgnoreReturnValue
    Builder outcome(Outcome value);

    /** Sets {@link ForgetReport#reason()}. */
    @CanIgnoreReturnValue
    Builder reason(String value);

    /** Sets {@link ForgetReport#health()}. */
    @CanIgnoreReturnValue
    Builder health(Optional<? extends Health> value);

    /** Sets {@link ForgetReport#restored()}. */
    @CanIgnoreReturnValue
    Builder restored(boolean value);

    /** Sets {@link ForgetReport#weightsOfEpoch()}. */
    @CanIgnoreReturnValue
    Builder weightsOfEpoch(int value);

    /** Adds to {@link ForgetReport#sequencesAbove()}. */
    @CanIgnoreReturnValue
    Builder addAllSequencesAbove(Iterable<Integer> values);

    /** Adds to {@link ForgetReport#epochs()}. */
    @CanIgnoreReturnValue
    Builder addAllEpochs(Iterable<? extends EpochReport> values);

    /** Sets {@link ForgetReport#resumedAfter()}. */
    @CanIgnoreReturnValue
    Builder resumedAfter(OptionalInt value);

    /** Adds to {@link ForgetReport#sequenceNames()}. */
    @CanIgnoreReturnValue
    Builder addAllSequenceNames(Iterable<String> values);

    /** Sets {@link ForgetReport#targetCount()}. */
    @CanIgnoreReturnValue
    Builder targetCount(long value);

    /** Sets {@link ForgetReport#model()}. */
    @CanIgnoreReturnValue
    Builder model(ModelInfo value);

    /** Adds to {@link ForgetReport#settings()}. */
    @CanIgnoreReturnValue
    Builder putAllSettings(Map<String, ? extends String> values);

    /** Adds to {@link ForgetReport#versions()}. */
    @CanIgnoreReturnValue
    Builder putAllVersions(Map<String, ? extends String> values);

    /** Adds to {@link ForgetReport#digests()}. */
    @CanIgnoreReturnValue
    Builder putAllDigests(Map<String, ? extends String> values);

    /** Sets {@link ForgetReport#startedAt()}. */
    @CanIgnoreReturnValue
    Builder startedAt(Instant value);

    /** Sets {@link ForgetReport#duration()}. */
    @CanIgnoreReturnValue
    Builder duration(Duration value);

    /** Returns the value. */
    ForgetReport build();
  }
}
