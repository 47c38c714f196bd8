package dev.unlearn.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import dev.unlearn.internal.Values;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Logits of the next id from the last id alone: {@code table[id] · matrixᵀ}. */
class Bigrams extends AbstractBlock {
  static final int VOCABULARY = 7;
  static final int WIDTH = 4;

  final Parameter table = parameter("table");
  final Parameter matrix = parameter("matrix");
  private final UnaryOperator<NDArray> change;

  Bigrams(UnaryOperator<NDArray> change) {
    this.change = change;
  }

  private Parameter parameter(String name) {
    Random random = new Random(name.length());
    return addParameter(
        Parameter.builder()
            .setName(name)
            .setType(Parameter.Type.OTHER)
            .optShape(new Shape(VOCABULARY, WIDTH))
            .optInitializer(
                (manager, shape, type) ->
                    Values.random(manager, random.nextLong(), 1, VOCABULARY, WIDTH)
                        .toType(type, false))
            .build());
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> parameters) {
    NDArray ids = inputs.get(0);
    Device device = ids.getDevice();
    NDArray rows =
        Embedding.embedding(ids, store.getValue(table, device, training), SparseFormat.DENSE)
            .singletonOrThrow();
    NDArray logits =
        Linear.linear(rows, store.getValue(matrix, device, training), null).singletonOrThrow();
    return new NDList(change.apply(logits));
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputs) {
    return new Shape[] {inputs[0].addAll(new Shape(VOCABULARY))};
  }

  double logProbability(int last, int next) {
    double[] tables = Values.of(table.getArray());
    double[] matrices = Values.of(matrix.getArray());
    double[] logits = new double[VOCABULARY];
    double sum = 0;
    for (int id = 0; id < VOCABULARY; id++) {
      for (int i = 0; i < WIDTH; i++) {
        logits[id] += tables[last * WIDTH + i] * matrices[id * WIDTH + i];
      }
      sum += Math.exp(logits[id]);
    }
    return logits[next] - Math.log(sum);
  }
}
