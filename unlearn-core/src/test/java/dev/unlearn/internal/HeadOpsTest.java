package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The way by hand against autograd over plain operators. */
@Tag("engine")
final class HeadOpsTest {
  private static final int ROWS = 7;
  private static final int WIDTH = 5;
  private static final int VOCABULARY = 11;

  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  /** Two rows have the same target; gradients have both signs. */
  @ParameterizedTest
  @CsvSource({"false, 0", "true, 0", "false, 2.5", "true, 2.5"})
  void forwardAndBack_asAutograd(boolean hasBias, double cap) {
    NDArray states = Values.random(manager, 1, 1, ROWS, WIDTH);
    NDArray weight = Values.random(manager, 2, 1, VOCABULARY, WIDTH);
    NDArray bias = hasBias ? Values.random(manager, 3, 1, VOCABULARY) : null;
    NDArray ids = manager.create(new long[] {0, 10, 3, 3, 7, 1, 10});
    NDArray gradient = Values.random(manager, 4, 1, ROWS);
    List<NDArray> leaves =
        Parity.leaves(hasBias ? List.of(states, weight, bias) : List.of(states, weight));
    NDArray expected;
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      NDArray logits = leaves.get(0).matMul(leaves.get(1).transpose());
      logits = hasBias ? logits.add(leaves.get(2)) : logits;
      logits = cap == 0 ? logits : logits.div((float) cap).tanh().mul((float) cap);
      expected = logits.logSoftmax(1).gather(ids.expandDims(1), 1).squeeze(1);
      Torch.backward(expected, gradient);
    }

    NDArray weightGradient = Values.random(manager, 5, 1, VOCABULARY, WIDTH);
    NDArray biasGradient = hasBias ? Values.random(manager, 6, 1, VOCABULARY) : null;
    double[] weightBefore = Values.of(weightGradient);
    double[] biasBefore = hasBias ? Values.of(biasGradient) : new double[0];
    HeadOps.Rows rows = HeadOps.forward(states, weight, bias, cap, ids);
    NDArray back = HeadOps.statesGradient(gradient, rows, weight, ids);
    HeadOps.addWeightGradient(weightGradient, biasGradient, gradient, rows, states, ids);

    assertClose(Values.of(rows.logProbabilities()), Values.of(expected));
    assertClose(Values.of(back), Values.gradientOf(leaves.get(0)));
    assertClose(Values.of(weightGradient), sum(weightBefore, Values.gradientOf(leaves.get(1))));
    if (hasBias) {
      assertClose(Values.of(biasGradient), sum(biasBefore, Values.gradientOf(leaves.get(2))));
    }
  }

  /** {@code ln p = -200}: far below the smallest number whose logarithm could be taken. */
  @Test
  void forward_ofTheImpossible() {
    NDArray states = manager.create(new float[] {1}, new Shape(1, 1));
    NDArray weight = manager.create(new float[] {200, 0, 0}, new Shape(3, 1));

    HeadOps.Rows rows = HeadOps.forward(states, weight, null, 0, manager.create(new long[] {2}));
    NDArray back =
        HeadOps.statesGradient(
            manager.ones(new Shape(1)), rows, weight, manager.create(new long[] {2}));

    assertThat(rows.logProbabilities().toFloatArray()).containsExactly(-200);
    assertThat(back.toFloatArray()).containsExactly(-200); // W_y - W_0
  }

  private static void assertClose(double[] actual, double[] expected) {
    assertThat(Values.distance(actual, expected)).isLessThan(5e-6);
  }

  private static double[] sum(double[] one, double[] other) {
    double[] result = new double[one.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = one[i] + other[i];
    }
    return result;
  }
}
