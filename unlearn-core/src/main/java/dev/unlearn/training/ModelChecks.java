package dev.unlearn.training;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.Ints;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.SequenceChecks;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Refuses a model and a set that cannot be worked with, before anything is touched. */
final class ModelChecks {
  /** What losses of the same weights may differ by from device to device, in nats, or relative. */
  private static final double ALIKE = 1e-4;

  private ModelChecks() {}

  /**
   * Refuses sequences, weights or a loss that cannot be worked with.
   *
   * @return the model's loss on the set, in nats per token
   */
  @CanIgnoreReturnValue
  static double check(TrainableCausalLm model, ForgetSet set) {
    SequenceChecks.check("sequence", set.sequences(), model);
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
    return loss;
  }

  /**
   * Refuses a copy of a model that is none, by what it says of the forget set.
   *
   * @param own the model's loss on the set
   */
  static void checkCopy(
      TrainableCausalLm copy, TrainableCausalLm model, ForgetSet set, double own) {
    checkArgument(copy != model, "originalModel must be a copy of the model, but was the model");
    SequenceChecks.check("sequence", set.sequences(), copy);
    double other = TokenLoss.of().measure(copy, set.sequences()).value();
    checkArgument(
        Math.abs(own - other) <= ALIKE * Math.max(1, own),
        "originalModel must say what the model says, but its loss on the forget set is %s, and the"
            + " model's is %s",
        other,
        own);
  }

  /** Refuses sequences to train on beside the forget set. */
  static void checkTrained(TrainableCausalLm model, String what, List<TokenSequence> sequences) {
    SequenceChecks.check(what, sequences, model);
    for (int index = 0; index < sequences.size(); index++) {
      checkArgument(
          sequences.get(index).targetCount() > 0,
          "%s %s has no target: its length (%s) must be > 1",
          what,
          index,
          sequences.get(index).length());
    }
  }

  /** Refuses texts one of which is to be forgotten. */
  static void checkOthers(String what, List<TokenSequence> texts, ForgetSet set) {
    Map<List<Integer>, Integer> places = new HashMap<>();
    for (int place = 0; place < set.sequences().size(); place++) {
      places.putIfAbsent(Ints.asList(set.sequences().get(place).ids()), place);
    }
    for (int index = 0; index < texts.size(); index++) {
      Integer place = places.get(Ints.asList(texts.get(index).ids()));
      checkArgument(
          place == null,
          "%s must not be what is to be forgotten, but its sequence %s is sequence %s of that",
          what,
          index,
          place);
    }
  }

  /** Refuses a set without the alternatives that the objective needs. */
  static void checkAlternatives(TrainableCausalLm model, Objective objective, ForgetSet set) {
    if (objective.needs().contains(Need.ALTERNATIVES)) {
      checkArgument(
          !set.alternatives().isEmpty(),
          "objective %s needs alternatives; give the forget set some by withAlternatives",
          objective.description());
      for (int index = 0; index < set.size(); index++) {
        checkTrained(model, "sequence " + index + ": alternative", set.alternatives().get(index));
      }
    }
  }

  /** Returns whether the norm of all weights is finite; NaN and infinity anywhere show in it. */
  static boolean weightsAreFinite(TrainableCausalLm model) {
    List<NDArray> weights = List.copyOf(model.parameters().values());
    return Double.isFinite(TorchOps.get().norm(model.manager(), weights));
  }
}
