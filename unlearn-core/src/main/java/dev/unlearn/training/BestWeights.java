package dev.unlearn.training;

import dev.unlearn.api.MetricResult;
import dev.unlearn.spi.train.TrainableCausalLm;
import org.jspecify.annotations.Nullable;

/** A copy of the weights at which the whole set was known least. */
final class BestWeights implements AutoCloseable {
  private final TrainableCausalLm model;
  private @Nullable Snapshot snapshot;
  private double least = Double.NaN;
  private int epoch;

  BestWeights(TrainableCausalLm model) {
    this.model = model;
  }

  /** Takes the model's weights if they are better than those before; the first of equals stays. */
  void offer(int newEpoch, MetricResult known) {
    if (Double.isNaN(least) || known.value() < least) {
      least = known.value();
      epoch = newEpoch;
      if (snapshot == null) {
        snapshot = new Snapshot(model);
      } else {
        snapshot.renew();
      }
    }
  }

  /** Returns the epoch of the best weights; 0 if there are none but the original ones. */
  int epoch() {
    return epoch;
  }

  /** Gives the model the best weights. */
  void restore() {
    if (snapshot != null) {
      snapshot.restore();
    }
  }

  @Override
  public void close() {
    if (snapshot != null) {
      snapshot.close();
    }
  }
}
