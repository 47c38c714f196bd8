package dev.unlearn.training;

import dev.unlearn.api.MetricResult;
import dev.unlearn.journal.EpochRecord;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Optional;
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

  /** Takes the model's weights, which a run before this one found best. */
  void resume(int bestEpoch, double value) {
    least = value;
    epoch = bestEpoch;
    snapshot = new Snapshot(model);
  }

  /** Returns which weights are the best, if there are any. */
  Optional<EpochRecord.Best> known() {
    return Double.isNaN(least) ? Optional.empty() : Optional.of(new EpochRecord.Best(epoch, least));
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
