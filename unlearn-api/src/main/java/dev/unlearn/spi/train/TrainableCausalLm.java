package dev.unlearn.spi.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.spi.CausalLm;
import java.util.Map;
import java.util.Optional;

/**
 * A causal language model whose weights can be changed, in place. It holds native memory: close it.
 */
public interface TrainableCausalLm extends CausalLm, AutoCloseable {

  /**
   * Runs the model over a batch, dropout off, ready for {@link Pass#backward()}.
   *
   * @throws IllegalArgumentException for an id outside the vocabulary or a sequence beyond the
   *     context length
   */
  Pass pass(TokenBatch batch);

  /**
   * Runs the model over a batch, dropout off, only to be looked at: what the pass hands out has no
   * gradient, and {@link Pass#backward()} is refused.
   *
   * @throws IllegalArgumentException as {@link #pass}
   */
  Pass passWithoutGradients(TokenBatch batch);

  /**
   * Runs the model over a batch as {@link #passWithoutGradients(TokenBatch)} does, with other
   * values of its parameters, which stay as they are.
   *
   * @param values by the names of {@link #parameters()}, of the same shapes. They must stay open,
   *     and hold the same values, as long as the pass is asked anything.
   * @return empty if the model cannot compute with other arrays than its own, as this default says
   * @throws IllegalArgumentException also if a parameter has no value or one of another shape
   */
  default Optional<Pass> passWithoutGradients(TokenBatch batch, Map<String, NDArray> values) {
    return Optional.empty();
  }

  /**
   * Returns the trained parameters by name, float32, in a fixed order, tied ones once. The arrays
   * are the model's own: an update writes into them. Their gradients accumulate.
   */
  Map<String, NDArray> parameters();

  /** Returns the manager that owns the parameters. */
  NDManager manager();

  @Override
  void close();
}
