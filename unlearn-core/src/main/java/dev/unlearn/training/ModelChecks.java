package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;

/** Refuses a model and a set that cannot be worked with, before anything is touched. */
final class ModelChecks {
  private ModelChecks() {}

  static void check(TrainableCausalLm model, ForgetSet set) {
    model
        .parameters()
        .forEach(
            (name, array) ->
                checkArgument(
                    Double.isFinite(TorchOps.get().norm(model.manager(), List.of(array))),
                    "the model's weights must be finite, but the norm of tensor %s is not",
                    name));
    double loss = TokenLoss.of().measure(model, set.sequences()).value();
    checkArgument(
        Double.isFinite(loss),
        "the model's loss on the forget set must be finite before the first update, but was: %s",
        loss);
  }

  /** Returns whether the norm of all weights is finite; NaN and infinity anywhere show in it. */
  static boolean weightsAreFinite(TrainableCausalLm model) {
    List<NDArray> weights = List.copyOf(model.parameters().values());
    return Double.isFinite(TorchOps.get().norm(model.manager(), weights));
  }
}
