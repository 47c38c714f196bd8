package dev.unlearn.training;

import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Health;
import dev.unlearn.api.Outcome;
import java.util.Optional;
import java.util.Set;

/**
 * Which weights a run leaves, by how its loop ended, what became of unseen text, and the recipe.
 */
final class Verdict {
  /** Endings whose weights may stay, so that their effect matters. */
  private static final Set<Outcome> KEPT = Set.of(Outcome.FORGOTTEN, Outcome.PARTIAL);

  private final GiveUp onGiveUp;
  private final Ending ending;
  private final int weightsOfEpoch;
  private final Optional<Health> health;

  private Verdict(GiveUp onGiveUp, Ending ending, int weightsOfEpoch, Optional<Health> health) {
    this.onGiveUp = onGiveUp;
    this.ending = ending;
    this.weightsOfEpoch = weightsOfEpoch;
    this.health = health;
  }

  /**
   * Returns what an ending means for the weights, before their effect is known.
   *
   * @param lastEpoch the epoch of the weights now
   * @param bestEpoch the epoch of the best weights, if they are kept
   */
  static Verdict of(GiveUp onGiveUp, Ending ending, int lastEpoch, int bestEpoch) {
    if (ending.outcome() != Outcome.GAVE_UP) {
      return new Verdict(onGiveUp, ending, lastEpoch, Optional.empty());
    }
    int kept =
        switch (onGiveUp) {
          case RESTORE -> 0;
          case KEEP_LAST -> lastEpoch;
          case KEEP_BEST -> bestEpoch;
        };
    boolean partial = onGiveUp != GiveUp.RESTORE && kept > 0;
    return new Verdict(
        onGiveUp,
        partial ? new Ending(Outcome.PARTIAL, ending.reason()) : ending,
        kept,
        Optional.empty());
  }

  /** Returns whether the best weights must be put in place before health is looked at. */
  boolean wantsBest() {
    return onGiveUp == GiveUp.KEEP_BEST && ending.outcome() == Outcome.PARTIAL;
  }

  /** Returns whether the weights may stay, so that their effect must be measured. */
  boolean mayStay() {
    return KEPT.contains(ending.outcome());
  }

  /** Turns success into damage, and the best weights into none, where unseen text suffered. */
  Verdict withHealth(Health measured) {
    Ending judged = ending;
    if (!measured.healthy() && ending.outcome() == Outcome.FORGOTTEN) {
      judged = new Ending(Outcome.DAMAGED, ending.reason() + ", but unseen text suffered");
    } else if (!measured.healthy() && onGiveUp == GiveUp.KEEP_BEST) {
      judged = new Ending(Outcome.GAVE_UP, ending.reason() + ", and unseen text suffered");
    }
    return new Verdict(onGiveUp, judged, weightsOfEpoch, Optional.of(measured));
  }

  /** Returns whether the original weights must come back. */
  boolean restores() {
    boolean keepsDamage = ending.outcome() == Outcome.DAMAGED && onGiveUp == GiveUp.KEEP_LAST;
    return !mayStay() && !keepsDamage;
  }

  Ending ending() {
    return ending;
  }

  Optional<Health> health() {
    return health;
  }

  /** Returns the epoch of the weights that stay; 0 for the original ones. */
  int weightsOfEpoch() {
    return restores() ? 0 : weightsOfEpoch;
  }
}
