package dev.unlearn.eval.audit;

import static com.google.common.base.Preconditions.checkState;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.Interval;
import dev.unlearn.api.ValueStyle;
import java.util.List;
import java.util.Optional;
import org.immutables.value.Value;

/** What one attack on an unlearned model found, at one strength or several. */
@Value.Immutable
@ValueStyle
public interface AttackResult {
  /** The excess over unseen text that counts as none, unless another is given. */
  double DEFAULT_MARGIN = 0.05;

  /** Returns the attack's key, for instance {@code "relearning"}. */
  String attack();

  /** Returns the attack's name for readers. */
  String title();

  /** Returns what was done, in a sentence. */
  String description();

  /** Returns the key of the metric that all values are of. */
  String metric();

  /** Returns the points, in order of strength. */
  List<AttackPoint> points();

  /** Returns the excess over unseen text that counts as none, in units of the metric. */
  @Value.Default
  default double margin() {
    return DEFAULT_MARGIN;
  }

  /** Returns what a reader must know besides, in whole sentences. */
  List<String> notes();

  /** Checks that there is a point. */
  @Value.Check
  default void check() {
    checkState(!points().isEmpty(), "an attack must have at least one point, but had none");
  }

  /**
   * Returns whether what was forgotten comes back: at any strength, if the whole interval of the
   * excess is above the margin; not, if at every strength all of it is at most the margin.
   */
  default Recovery recovery() {
    boolean allWithin = true;
    for (AttackPoint point : points()) {
      Optional<Interval> excess = point.excess().flatMap(estimate -> estimate.interval());
      if (excess.isPresent() && excess.get().low() > margin()) {
        return Recovery.COMES_BACK;
      }
      allWithin &= excess.isPresent() && excess.get().high() <= margin();
    }
    return allWithin ? Recovery.NOT_SEEN : Recovery.UNDECIDED;
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableAttackResult.builder();
  }

  /** Builds an {@link AttackResult}. */
  interface Builder {
    /** Sets {@link AttackResult#attack()}. */
    @CanIgnoreReturnValue
    Builder attack(String value);

    /** Sets {@link AttackResult#title()}. */
    @CanIgnoreReturnValue
    Builder title(String value);

    /** Sets {@link AttackResult#description()}. */
    @CanIgnoreReturnValue
    Builder description(String value);

    /** Sets {@link AttackResult#metric()}. */
    @CanIgnoreReturnValue
    Builder metric(String value);

    /** Adds one of {@link AttackResult#points()}. */
    @CanIgnoreReturnValue
    Builder addPoint(AttackPoint value);

    /** Sets {@link AttackResult#margin()}. */
    @CanIgnoreReturnValue
    Builder margin(double value);

    /** Adds one of {@link AttackResult#notes()}. */
    @CanIgnoreReturnValue
    Builder addNote(String value);

    /** Returns the value. */
    AttackResult build();
  }
}
