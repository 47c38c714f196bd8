package dev.unlearn.model;

import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;

/**
 * A model that a run has for itself, until this is closed. Meanwhile a second run is refused, also
 * from within the first, and so is closing or adapting the model; other threads cannot use it. A
 * model that does not come from this library is only kept from a second run.
 *
 * @hidden not API
 */
public final class Reservation implements AutoCloseable {
  private final Access.Turn turn;

  private Reservation(Access.Turn turn) {
    this.turn = turn;
  }

  /**
   * Reserves a model for this thread, after a call that it is in.
   *
   * @throws IllegalStateException if the model, or one over the same weights, is reserved, if this
   *     thread is in a call of it, or if it is closed; nothing was touched
   */
  public static Reservation of(TrainableCausalLm model) {
    if (model instanceof DjlCausalLm own) {
      return new Reservation(own.reserve());
    }
    List<Object> parts = new ArrayList<>(model.parameters().values());
    parts.add(model);
    return new Reservation(Access.to(parts).reserve());
  }

  @Override
  public void close() {
    turn.close();
  }
}
