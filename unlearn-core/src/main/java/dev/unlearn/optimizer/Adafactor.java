package dev.unlearn.optimizer;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ListMultimap;
import dev.unlearn.internal.OptimizerOps;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@link Optimizers#adafactor}. */
record Adafactor(double learningRate) implements Rule {

  Adafactor {
    Optimizers.checkLearningRate(learningRate);
  }

  @Override
  public Map<String, Shape> memory(Shape parameter) {
    int axes = parameter.dimension();
    if (axes < 2) {
      return Map.of("variance", parameter);
    }
    long[] rows = parameter.getShape().clone();
    long[] columns = rows.clone();
    rows[axes - 1] = 1;
    columns[axes - 2] = 1;
    return ImmutableMap.of("rows", new Shape(rows), "columns", new Shape(columns));
  }

  @Override
  public void apply(
      List<NDArray> parameters,
      List<NDArray> gradients,
      ListMultimap<String, NDArray> memory,
      NDArray step,
      double rateFactor) {
    double rate = rateFactor * learningRate;
    OptimizerOps.adafactor(
        ofAxes(parameters, false), ofAxes(gradients, false), memory.get("variance"), step, rate);
    OptimizerOps.factoredAdafactor(
        ofAxes(parameters, true),
        ofAxes(gradients, true),
        memory.get("rows"),
        memory.get("columns"),
        step,
        rate);
  }

  /** Returns those of at least two axes, or the others, in order. */
  private static List<NDArray> ofAxes(List<NDArray> arrays, boolean atLeastTwo) {
    List<NDArray> chosen = new ArrayList<>(arrays);
    chosen.removeIf(array -> array.getShape().dimension() >= 2 != atLeastTwo);
    return chosen;
  }

  @Override
  public String description() {
    return "adafactor(learningRate=%s)".formatted(learningRate);
  }
}
