package dev.unlearn.objective;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.spi.train.TrainableCausalLm;

/** Layers whose hidden states are asked for. */
final class Layers {
  private Layers() {}

  /** Refuses a layer that a model does not have. */
  static void check(TrainableCausalLm model, int layer) {
    int count = model.info().layerCount();
    checkArgument(
        count > 0,
        "hidden states need a model whose layers are known, one loaded from a HuggingFace folder,"
            + " but was: %s",
        model.info().family());
    checkArgument(layer <= count, "layer must be in [0, %s], but was: %s", count, layer);
  }
}
