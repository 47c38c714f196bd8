package dev.unlearn.eval.report;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import java.util.Optional;

/**
 * What a measurement says, in a few words.
 *
 * @param words without a full stop
 * @param tone how to take it
 */
record Judgement(String words, Tone tone) {
  /** What {@link Measurement#referenceName()} is where the reference is what guessing gives. */
  private static final String CHANCE = "chance";

  /** A membership test that never sees the model: what it tells is of the texts. */
  private static final String BLIND = "membership_blind_auc";

  static Judgement of(Measurement row) {
    if (row.side() == Side.PRIVACY && row.better() == Better.NEAR_REFERENCE) {
      return isTwoSided(row) ? bothSides(row) : nearReference(row);
    }
    return change(row);
  }

  /** Returns whether a number may be quoted: where chance is known, only if it excludes chance. */
  static boolean isQuotable(Measurement row, Estimate estimate) {
    return !isAgainstChance(row)
        || row.side() == Side.PRIVACY
        || estimate
            .interval()
            .map(interval -> !interval.contains(row.reference().orElseThrow()))
            .orElse(false);
  }

  static boolean isAgainstChance(Measurement row) {
    return row.reference().isPresent() && row.referenceName().equals(CHANCE);
  }

  /**
   * Returns whether too low a value tells as much as one too high: of membership tests, not of
   * extraction.
   */
  static boolean isTwoSided(Measurement row) {
    return isAgainstChance(row)
        || row.key().startsWith("membership_")
        || row.key().startsWith("priv_leak");
  }

  /** Returns whether the whole interval is below the reference, where only above is bad. */
  static boolean isBelow(Measurement row) {
    return row.side() == Side.PRIVACY
        && row.better() == Better.NEAR_REFERENCE
        && row.reference().isPresent()
        && !isTwoSided(row)
        && row.after()
            .interval()
            .map(interval -> interval.high() < row.reference().getAsDouble())
            .orElse(false);
  }

  private static Judgement nearReference(Measurement row) {
    if (row.reference().isEmpty()) {
      return new Judgement("not compared with unseen text", Tone.OPEN);
    }
    double reference = row.reference().getAsDouble();
    String name = row.referenceName().isEmpty() ? "the reference" : row.referenceName();
    if (Double.isNaN(row.after().value()) || Double.isNaN(reference)) {
      return new Judgement("undefined, so undecided", Tone.OPEN);
    }
    Optional<Interval> interval = row.after().interval();
    if (interval.isEmpty()) {
      String side = row.after().value() <= reference ? "at or below " : "above ";
      return new Judgement(
          "undecided: " + side + name + " on average, but without an interval", Tone.OPEN);
    }
    if (interval.get().high() <= reference) {
      return new Judgement((isBelow(row) ? "below " : "at or below ") + name, Tone.GOOD);
    }
    if (interval.get().low() > reference) {
      return new Judgement("above " + name, Tone.BAD);
    }
    String side = row.after().value() <= reference ? "at or below " : "above ";
    return new Judgement(
        "undecided: " + side + name + " on average, but its interval reaches to both sides",
        Tone.OPEN);
  }

  private static Judgement bothSides(Measurement row) {
    Optional<Interval> interval = row.after().interval();
    if (interval.isEmpty() || row.reference().isEmpty()) {
      return new Judgement("no interval or nothing to compare with, so undecided", Tone.OPEN);
    }
    double reference = row.reference().getAsDouble();
    if (Double.isNaN(row.after().value()) || Double.isNaN(reference)) {
      return new Judgement("undefined, so undecided", Tone.OPEN);
    }
    if (row.key().equals(BLIND)) {
      return new Judgement(
          interval.get().contains(reference)
              ? "the texts alone were not told apart"
              : "the texts alone differ, so what membership tests tell may not be memory",
          Tone.OPEN);
    }
    if (interval.get().contains(reference)) {
      return new Judgement("no difference from " + row.referenceName() + " found", Tone.OPEN);
    }
    return new Judgement(
        (interval.get().low() > reference ? "above " : "below ")
            + row.referenceName()
            + ": it tells them apart",
        Tone.BAD);
  }

  private static Judgement change(Measurement row) {
    if (row.before().isEmpty()) {
      return new Judgement("not measured before", Tone.OPEN);
    }
    Optional<Interval> interval = row.change().flatMap(Estimate::interval);
    if (interval.isEmpty()) {
      return new Judgement("no interval of the change, so undecided", Tone.OPEN);
    }
    if (interval.get().contains(0)) {
      return new Judgement("no change beyond chance", Tone.NEUTRAL);
    }
    boolean rose = interval.get().low() > 0;
    return switch (row.better()) {
      case NEAR_REFERENCE ->
          new Judgement((rose ? "higher" : "lower") + " beyond chance", Tone.OPEN);
      case HIGHER, LOWER ->
          rose == (row.better() == Better.HIGHER)
              ? new Judgement("better beyond chance", Tone.GOOD)
              : new Judgement("worse beyond chance", Tone.BAD);
    };
  }
}
