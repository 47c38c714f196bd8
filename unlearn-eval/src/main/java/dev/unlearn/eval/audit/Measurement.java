package dev.unlearn.eval.audit;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ValueStyle;
import dev.unlearn.eval.stat.Estimate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.immutables.value.Value;

/** One quantity on one body of data: a row of the table of an audit. */
@Value.Immutable
@ValueStyle
public interface Measurement {
  /** Returns what it is about. */
  Side side();

  /** Returns the metric's key, for instance {@code "el_10"} or {@code "acc"}. */
  String key();

  /** Returns the metric's name for readers. */
  String title();

  /** Returns what it was measured on, for readers: {@code "forget set"}, {@code "ARC-Easy"}. */
  String data();

  /** Returns the domain it is confined to; empty for all. */
  Optional<String> domain();

  /**
   * Returns the other model, or other way of decoding, that it is of, for readers: {@code "trained
   * without the targets"}; empty for the model that the audit is about.
   */
  @Value.Default
  default String baseline() {
    return "";
  }

  /** Returns which values are better. */
  Better better();

  /** Returns what the value is compared with: a threshold, or chance. */
  OptionalDouble reference();

  /** Returns what {@link #reference()} is, for readers; empty if there is none. */
  @Value.Default
  default String referenceName() {
    return "";
  }

  /** Returns the value of the model as it was; empty if it was not measured. */
  Optional<Estimate> before();

  /** Returns the value of the model as it is. */
  Estimate after();

  /** Returns the mean change per item, after less before; empty if it is not known per item. */
  Optional<Estimate> change();

  /** Returns one value per item of the model as it was, NaN where undefined; may be empty. */
  List<Double> itemsBefore();

  /** Returns one value per item of the model as it is, NaN where undefined; may be empty. */
  List<Double> itemsAfter();

  /** Returns what a reader must know besides, in whole sentences. */
  List<String> notes();

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableMeasurement.builder();
  }

  /** Builds a {@link Measurement}. */
  interface Builder {
    /** Sets {@link Measurement#side()}. */
    @CanIgnoreReturnValue
    Builder side(Side value);

    /** Sets {@link Measurement#key()}. */
    @CanIgnoreReturnValue
    Builder key(String value);

    /** Sets {@link Measurement#title()}. */
    @CanIgnoreReturnValue
    Builder title(String value);

    /** Sets {@link Measurement#data()}. */
    @CanIgnoreReturnValue
    Builder data(String value);

    /** Sets {@link Measurement#domain()}. */
    @CanIgnoreReturnValue
    Builder domain(Optional<String> value);

    /** Sets {@link Measurement#baseline()}. */
    @CanIgnoreReturnValue
    Builder baseline(String value);

    /** Sets {@link Measurement#better()}. */
    @CanIgnoreReturnValue
    Builder better(Better value);

    /** Sets {@link Measurement#reference()}. */
    @CanIgnoreReturnValue
    Builder reference(double value);

    /** Sets {@link Measurement#referenceName()}. */
    @CanIgnoreReturnValue
    Builder referenceName(String value);

    /** Sets {@link Measurement#before()}. */
    @CanIgnoreReturnValue
    Builder before(Optional<? extends Estimate> value);

    /** Sets {@link Measurement#after()}. */
    @CanIgnoreReturnValue
    Builder after(Estimate value);

    /** Sets {@link Measurement#change()}. */
    @CanIgnoreReturnValue
    Builder change(Optional<? extends Estimate> value);

    /** Adds to {@link Measurement#itemsBefore()}. */
    @CanIgnoreReturnValue
    Builder addAllItemsBefore(Iterable<Double> values);

    /** Adds to {@link Measurement#itemsAfter()}. */
    @CanIgnoreReturnValue
    Builder addAllItemsAfter(Iterable<Double> values);

    /** Adds one of {@link Measurement#notes()}. */
    @CanIgnoreReturnValue
    Builder addNote(String value);

    /** Adds to {@link Measurement#notes()}. */
    @CanIgnoreReturnValue
    Builder addAllNotes(Iterable<String> values);

    /** Returns the value. */
    Measurement build();
  }
}
