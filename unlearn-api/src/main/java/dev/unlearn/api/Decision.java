package dev.unlearn.api;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What a stopping criterion decided after an epoch: go on, forgotten, or give up. */
public sealed interface Decision {

  /**
   * Nothing decided: the next epoch follows.
   *
   * @param forgotten indices, into the lot, of sequences that on their own are forgotten already;
   *     empty if none is or the criterion does not know
   */
  record Proceed(List<Integer> forgotten) implements Decision {
    /** Copies its argument. */
    public Proceed {
      forgotten = List.copyOf(forgotten);
    }

    @Override
    public String toString() {
      return "proceed";
    }
  }

  /**
   * The lot is forgotten.
   *
   * @param reason a sentence for the report, without text or token ids
   * @param above indices, into the lot, of sequences that on their own are still at or above a
   *     threshold although the mean is below it; empty if none is or the criterion does not know
   */
  record Forgotten(String reason, List<Integer> above) implements Decision {
    /** Copies its arguments. */
    public Forgotten {
      requireNonNull(reason, "reason");
      above = List.copyOf(above);
    }

    @Override
    public String toString() {
      return "forgotten: " + reason;
    }
  }

  /**
   * The run should end without success.
   *
   * @param reason a sentence for the report, without text or token ids
   */
  record GiveUp(String reason) implements Decision {
    /** Checks its argument. */
    public GiveUp {
      requireNonNull(reason, "reason");
    }

    @Override
    public String toString() {
      return "give up: " + reason;
    }
  }

  /** Returns the decision to go on. */
  static Decision proceed() {
    return new Proceed(List.of());
  }

  /** Returns the decision to go on, with the sequences that are forgotten already. */
  static Decision proceed(List<Integer> forgotten) {
    return new Proceed(forgotten);
  }

  /** Returns the decision that the lot is forgotten. */
  static Decision forgotten(String reason) {
    return new Forgotten(reason, List.of());
  }

  /** Returns the decision that the lot is forgotten on the mean, with those still above. */
  static Decision forgotten(String reason, List<Integer> above) {
    return new Forgotten(reason, above);
  }

  /** Returns the decision to end without success. */
  static Decision giveUp(String reason) {
    return new GiveUp(reason);
  }
}
