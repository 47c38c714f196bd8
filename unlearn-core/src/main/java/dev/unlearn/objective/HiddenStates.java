package dev.unlearn.objective;

import ai.djl.ndarray.NDArray;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Set;

/** {@link RetainTerms#hiddenStates}. */
final class HiddenStates implements RetainTerm {
  private final int layer;

  HiddenStates(int layer) {
    this.layer = Parameters.notNegative("layer", layer);
  }

  @Override
  public NDArray loss(Share retain) {
    return Rmu.distance(
        retain, retain.pass().hiddenStates(layer), retain.reference().hiddenStates(layer));
  }

  @Override
  public void check(TrainableCausalLm model) {
    Layers.check(model, layer);
  }

  @Override
  public Set<Need> needs() {
    return Set.of(Need.RETAIN_REFERENCE_STATES);
  }

  @Override
  public int highestReferenceLayer() {
    return layer;
  }

  @Override
  public String description() {
    return "hidden-states(layer=" + layer + ")";
  }
}
