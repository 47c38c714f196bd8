package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class OptimizerOpsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void adam_severalSteps() {
    List<NDArray> parameters =
        List.of(Values.random(manager, 1, 1, 3, 4), Values.random(manager, 2, 1, 5));
    PlainAdam plain = new PlainAdam(parameters);
    List<NDArray> means = parameters.stream().map(NDArray::zerosLike).toList();
    List<NDArray> variances = parameters.stream().map(NDArray::zerosLike).toList();
    NDArray step = manager.zeros(new Shape());

    for (int i = 1; i <= 6; i++) {
      // Gradients of the size of epsilon show where epsilon is added.
      double deviation = i % 2 == 0 ? 1 : 1e-8;
      List<NDArray> gradients =
          List.of(
              Values.random(manager, 10 + i, deviation, 3, 4),
              Values.random(manager, 20 + i, deviation, 5));
      step.addi(1);
      OptimizerOps.adam(parameters, gradients, means, variances, step, 1e-2, 0.9, 0.98, 1e-8, 0);
      plain.update(gradients);

      for (int p = 0; p < parameters.size(); p++) {
        assertThat(Values.distance(Values.of(parameters.get(p)), plain.values.get(p)))
            .isLessThan(1e-6);
        assertThat(Values.distance(Values.of(means.get(p)), plain.means.get(p))).isLessThan(1e-6);
        assertThat(Values.distance(Values.of(variances.get(p)), plain.variances.get(p)))
            .isLessThan(1e-6);
      }
    }
    assertThat(step.getFloat()).isEqualTo(6);
  }

  @Test
  void adam_onlyTinyGradients() {
    NDArray parameter = manager.zeros(new Shape(1));

    adam(parameter, manager.create(new float[] {1e-8f}), 1e-2);

    // corrected moments are g and g²: the step is rate g / (|g| + epsilon) = 1e-2 / 2
    assertThat(parameter.toFloatArray()[0]).isCloseTo(-5e-3f, within(1e-7f));
  }

  /** Gradient mode belongs to a thread, and is on in those that did not load the engine. */
  @Test
  void everyOp_onAnotherThread() throws Exception {
    NDArray parameter = manager.create(new float[] {4, 5, 6});
    parameter.setRequiresGradient(true);
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      executor.submit(() -> everyOp(parameter)).get();
    } finally {
      executor.shutdown();
    }

    NDArray here = manager.create(new float[] {4, 5, 6});
    everyOp(here);
    assertThat(parameter.toFloatArray()).isEqualTo(here.toFloatArray());
    assertThat(here.toFloatArray()).doesNotContain(4, 5, 6);
  }

  private void everyOp(NDArray parameter) {
    NDArray gradient = manager.create(new float[] {1, -2, 3});
    NDArray zeros = gradient.zerosLike();
    OptimizerOps.clip(List.of(gradient), 2);
    OptimizerOps.sgd(List.of(parameter), List.of(gradient), List.of(), 0.5, 0, false);
    OptimizerOps.sgd(List.of(parameter), List.of(gradient), List.of(zeros), 0.5, 0.9, true);
    adam(parameter, gradient, 0.5);
    OptimizerOps.adafactor(
        List.of(parameter), List.of(gradient), List.of(zeros), manager.create(2f), 0.5);
    OptimizerOps.extrapolate(parameter, gradient, 0.5);
  }

  private void adam(NDArray parameter, NDArray gradient, double rate) {
    OptimizerOps.adam(
        List.of(parameter),
        List.of(gradient),
        List.of(gradient.zerosLike()),
        List.of(gradient.zerosLike()),
        manager.create(1f),
        rate,
        0.9,
        0.98,
        1e-8,
        0);
  }

  /** 3-4-12-13: the norm is over all arrays, and large elements of both signs shrink. */
  @Test
  void clip_overAllArrays() {
    NDArray first = manager.create(new float[] {3, -4});
    NDArray second = manager.create(new float[] {-12});

    OptimizerOps.clip(List.of(first, second), 6.5);

    double factor = 6.5 / (13 + 1e-6);
    assertThat(Values.distance(Values.of(first), new double[] {3 * factor, -4 * factor}))
        .isLessThan(1e-6);
    assertThat(Values.distance(Values.of(second), new double[] {-12 * factor})).isLessThan(1e-6);
  }

  @Test
  void clip_shorterThanAllowed() {
    NDArray gradient = manager.create(new float[] {3, -4});

    OptimizerOps.clip(List.of(gradient), 5.1);

    assertThat(gradient.toFloatArray()).containsExactly(3, -4);
  }

  @Test
  void clip_zeros() {
    NDArray gradient = manager.zeros(new Shape(2));

    OptimizerOps.clip(List.of(gradient), 1e-3);

    assertThat(gradient.toFloatArray()).containsExactly(0, 0);
  }

  /** Rows without a gradient, as of ids that do not occur, must not become NaN. */
  @Test
  void factoredAdafactor_rowAndColumnOfZeros() {
    NDArray parameter = manager.ones(new Shape(2, 3));
    NDArray gradient = manager.create(new float[] {0, 0, 0, 0, 1e-3f, -2e-3f}, new Shape(2, 3));

    OptimizerOps.factoredAdafactor(
        List.of(parameter),
        List.of(gradient),
        List.of(manager.zeros(new Shape(2, 1))),
        List.of(manager.zeros(new Shape(1, 3))),
        manager.ones(new Shape()),
        0.01);

    float[] values = parameter.toFloatArray();
    assertThat(new float[] {values[0], values[1], values[2], values[3]}).containsOnly(1);
    assertThat(values[4]).isLessThan(0.999f);
    assertThat(values[5]).isGreaterThan(1.001f);
  }

  /** theta - 5 (fine-tuned - theta). */
  @Test
  void extrapolate_negatedTaskVector() {
    NDArray weights = manager.create(new float[] {1.2f, -2.5f, 0.1f});
    NDArray origin = manager.create(new float[] {1, -2, 0.5f});

    OptimizerOps.extrapolate(weights, origin, -5);

    assertThat(Values.distance(Values.of(weights), new double[] {0, 0.5, 2.5})).isLessThan(1e-6);
    assertThat(origin.toFloatArray()).containsExactly(1, -2, 0.5f);
  }

  /** Algorithm 1 of arXiv 1412.6980 in doubles. */
  private static final class PlainAdam {
    final List<double[]> values;
    final List<double[]> means;
    final List<double[]> variances;
    int step;

    PlainAdam(List<NDArray> parameters) {
      values = parameters.stream().map(Values::of).toList();
      means = values.stream().map(v -> new double[v.length]).toList();
      variances = values.stream().map(v -> new double[v.length]).toList();
    }

    void update(List<NDArray> gradients) {
      step++;
      for (int p = 0; p < values.size(); p++) {
        double[] gradient = Values.of(gradients.get(p));
        for (int i = 0; i < gradient.length; i++) {
          double mean = 0.9 * means.get(p)[i] + 0.1 * gradient[i];
          double variance = 0.98 * variances.get(p)[i] + 0.02 * gradient[i] * gradient[i];
          means.get(p)[i] = mean;
          variances.get(p)[i] = variance;
          double corrected = Math.sqrt(variance / (1 - Math.pow(0.98, step)));
          values.get(p)[i] -= 1e-2 * mean / (1 - Math.pow(0.9, step)) / (corrected + 1e-8);
        }
      }
    }
  }
}
