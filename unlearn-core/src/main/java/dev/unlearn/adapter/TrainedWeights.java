package dev.unlearn.adapter;

import dev.unlearn.model.TrainedParameters;
import java.util.List;

/**
 * The weights that a model trains while this is open, instead of all; see {@link
 * Adapters#trainOnly}. Closing it lets all be trained again; their values stay as they are.
 */
public final class TrainedWeights implements AutoCloseable {
  private final TrainedParameters parameters;

  TrainedWeights(TrainedParameters parameters) {
    this.parameters = parameters;
  }

  /** Returns the names of the weights, in the model's order. */
  public List<String> names() {
    return List.copyOf(parameters.arrays().keySet());
  }

  /**
   * Lets all weights be trained again; calling it again does nothing.
   *
   * @throws IllegalStateException if the model is being unlearned, or this is called from within a
   *     call of it
   */
  @Override
  public void close() {
    parameters.close();
  }
}
