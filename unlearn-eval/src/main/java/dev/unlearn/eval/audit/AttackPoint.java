package dev.unlearn.eval.audit;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ValueStyle;
import dev.unlearn.eval.stat.Estimate;
import java.util.List;
import java.util.Optional;
import org.immutables.value.Value;

/**
 * An attack at one strength. All its values are of one metric, in [0, 1], higher if known better.
 */
@Value.Immutable
@ValueStyle
public interface AttackPoint {
  /** Returns the strength for readers, for instance {@code "10 steps"}. */
  String setting();

  /** Returns the strength as a number, to draw a curve over. */
  double strength();

  /** Returns the value of what was forgotten, under attack. */
  Estimate forgotten();

  /** Returns one value per sequence of it, NaN where undefined. */
  List<Double> perSequence();

  /** Returns the value of unseen text under the same attack. */
  Optional<Estimate> unseen();

  /** Returns the value of what was forgotten in the model as it was, under the same attack. */
  Optional<Estimate> before();

  /** Returns by how much the forgotten is known better than the unseen, with its interval. */
  Optional<Estimate> excess();

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableAttackPoint.builder();
  }

  /** Builds an {@link AttackPoint}. */
  interface Builder {
    /** Sets {@link AttackPoint#setting()}. */
    @CanIgnoreReturnValue
    Builder setting(String value);

    /** Sets {@link AttackPoint#strength()}. */
    @CanIgnoreReturnValue
    Builder strength(double value);

    /** Sets {@link AttackPoint#forgotten()}. */
    @CanIgnoreReturnValue
    Builder forgotten(Estimate value);

    /** Adds to {@link AttackPoint#perSequence()}. */
    @CanIgnoreReturnValue
    Builder addAllPerSequence(Iterable<Double> values);

    /** Sets {@link AttackPoint#unseen()}. */
    @CanIgnoreReturnValue
    Builder unseen(Optional<? extends Estimate> value);

    /** Sets {@link AttackPoint#before()}. */
    @CanIgnoreReturnValue
    Builder before(Optional<? extends Estimate> value);

    /** Sets {@link AttackPoint#excess()}. */
    @CanIgnoreReturnValue
    Builder excess(Optional<? extends Estimate> value);

    /** Returns the value. */
    AttackPoint build();
  }
}
