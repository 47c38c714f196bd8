package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.RoundingOps;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.decoder.LinearLayout;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The weight matrices of a model, each in its turn so that a row is what makes one output. */
final class RoundedMatrices {
  private final TrainableCausalLm model;
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();

  /** Those that lie as (inputs, outputs). */
  private final Set<NDArray> turned = Collections.newSetFromMap(new IdentityHashMap<>());

  /**
   * What rounding makes of the difference between two models.
   *
   * @param sameNumber the share of changed weights that are rounded to the same integer, in steps
   *     of the changed matrix
   * @param belowHalfStep the share of them that were changed by less than half a step
   */
  record Vanishing(double sameNumber, double belowHalfStep) {}

  private RoundedMatrices(TrainableCausalLm model) {
    this.model = model;
  }

  /**
   * Finds the matrices among the parameters of a model: those of two dimensions.
   *
   * @throws IllegalArgumentException if the model has an adapter, or trains some of its weights
   *     only, which would be rounded instead
   */
  static RoundedMatrices of(TrainableCausalLm model) {
    checkArgument(
        !(model instanceof DjlCausalLm own) || !own.isAdapted(),
        "a model with an adapter cannot be rounded: merge the adapter, or close it first");
    checkArgument(
        !(model instanceof DjlCausalLm own) || own.trainsAllWeights(),
        "a model that trains some of its weights cannot be rounded as a whole: close that choice"
            + " first");
    RoundedMatrices matrices = new RoundedMatrices(model);
    model
        .parameters()
        .forEach(
            (name, array) -> {
              if (array.getShape().dimension() == 2) {
                matrices.arrays.put(name, array);
              }
            });
    if (model instanceof DjlCausalLm own) {
      own.linears().values().stream()
          .filter(linear -> linear.layout() == LinearLayout.IN_OUT)
          .map(Linear::weight)
          .forEach(matrices.turned::add);
    }
    return matrices;
  }

  /** Rounds every matrix to integers of so many bits and back, in place. */
  void round(Granularity granularity, int bits) {
    for (NDArray matrix : arrays.values()) {
      RoundingOps.round(matrix, turned.contains(matrix), groupSize(matrix, granularity), bits);
    }
  }

  /**
   * Returns what rounding makes of the changes since another model; empty if its matrices are
   * others, or no weight was changed.
   */
  Optional<Vanishing> vanishing(RoundedMatrices before, Granularity granularity, int bits) {
    double changed = 0;
    double sameNumber = 0;
    double belowHalfStep = 0;
    for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
      NDArray matrix = entry.getValue();
      NDArray old = before.arrays.get(entry.getKey());
      if (old == null || !old.getShape().equals(matrix.getShape())) {
        return Optional.empty();
      }
      RoundingOps.Changes changes =
          RoundingOps.changes(
              model.manager(),
              matrix,
              old,
              turned.contains(matrix),
              groupSize(matrix, granularity),
              bits);
      changed += changes.changed();
      sameNumber += changes.sameNumber();
      belowHalfStep += changes.belowHalfStep();
    }
    return changed == 0
        ? Optional.empty()
        : Optional.of(new Vanishing(sameNumber / changed, belowHalfStep / changed));
  }

  private long groupSize(NDArray matrix, Granularity granularity) {
    boolean isTurned = turned.contains(matrix);
    long rows = matrix.getShape().get(isTurned ? 1 : 0);
    return granularity.groupSize(rows, matrix.size() / rows);
  }
}
