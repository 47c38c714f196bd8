package dev.unlearn.training;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.Reservation;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;

/**
 * A model whose weights may be changed for a while: closing this brings them back, bit for bit, and
 * checks that they are. Holds one copy of the weights in memory, and the model for its thread.
 *
 * @hidden not API
 */
public final class BorrowedWeights implements AutoCloseable {
  private final TrainableCausalLm model;
  private final Reservation mine;
  private final Snapshot snapshot;
  private final String digest;

  /**
   * Borrows the weights of a model.
   *
   * @throws IllegalStateException if the model, or one over the same weights, is being unlearned,
   *     or is closed; nothing was touched
   */
  public BorrowedWeights(TrainableCausalLm model) {
    this.model = model;
    mine = Reservation.of(model);
    try {
      digest = WeightsDigest.of(model);
      snapshot = new Snapshot(model);
    } catch (Throwable e) {
      mine.close();
      throw e;
    }
  }

  /** Brings the weights back, to change them once more. */
  public void restore() {
    snapshot.restore();
  }

  /**
   * Brings the weights back and gives the model free.
   *
   * @throws UnlearningException if they are not what they were: load the model again
   */
  @Override
  public void close() {
    try (mine;
        snapshot) {
      snapshot.restore();
      if (!WeightsDigest.of(model).equals(digest)) {
        throw new UnlearningException(
            "the weights could NOT be restored after an attack: load the model again");
      }
    }
  }
}
