package dev.unlearn.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;

/**
 * A pass of another model over a batch, maybe on another device, only to be looked at. What it
 * hands out is where the batch is. All it takes goes with the batch.
 */
final class PassElsewhere implements Pass {
  private final TokenBatch batch;
  private final Pass pass;

  PassElsewhere(TrainableCausalLm model, TokenBatch batch) {
    this.batch = batch;
    NDManager there = batch.manager().newSubManager(model.manager().getDevice());
    pass = model.passWithoutGradients(TokenBatch.of(there, batch.sequences()));
  }

  @Override
  public TokenBatch batch() {
    return batch;
  }

  @Override
  public NDArray logProbabilities() {
    return here(pass.logProbabilities());
  }

  @Override
  public NDArray logits() {
    return here(pass.logits());
  }

  /** Closes what it was moved from: there may be many pieces. */
  @Override
  public NDArray logitsAt(long[] places) {
    try (NDArray there = pass.logitsAt(places)) {
      return here(there);
    }
  }

  @Override
  public NDArray hiddenStates(int layer) {
    return here(pass.hiddenStates(layer));
  }

  @Override
  public boolean reachedEnd() {
    return pass.reachedEnd();
  }

  @Override
  public void backward() {
    pass.backward(); // refuses, as a pass without gradients does
  }

  private NDArray here(NDArray there) {
    NDArray copy = batch.manager().create(there.getShape(), there.getDataType());
    TorchOps.get().copy(List.of(there), List.of(copy));
    return copy;
  }
}
