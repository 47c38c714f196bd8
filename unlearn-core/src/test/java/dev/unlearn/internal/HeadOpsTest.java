package dev.unlearn.internal;

import static dev.unlearn.internal.HeadOps.Operands.FLOAT32;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The way by hand against autograd over plain operators. */
@Tag("engine")
final class HeadOpsTest {
  private static final int ROWS = 7;
  private static final int WIDTH = 5;
  private static final int VOCABULARY = 11;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final HeadMemory memory = new HeadMemory();

  @AfterEach
  void close() {
    manager.close();
  }

  /** Three pieces. Two rows have the same target; gradients have both signs. */
  @ParameterizedTest
  @CsvSource({"false, 0, 3", "true, 0, 0", "false, 2.5, 1", "true, 2.5, 9"})
  void forwardAndBack_asAutograd(boolean hasBias, double cap, long kept) {
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
    OutputMatrix head = new OutputMatrix(weight, bias, cap);
    HeadOps.Forward forward =
        HeadOps.forward(head, states, ids, new HeadOps.Cut(FLOAT32, 3, kept), memory);
    NDArray back = HeadOps.backward(head, forward, gradient, weightGradient, biasGradient);

    assertClose(Values.of(forward.logProbabilities()), Values.of(expected));
    assertClose(Values.of(back), Values.gradientOf(leaves.get(0)));
    assertClose(Values.of(weightGradient), sum(weightBefore, Values.gradientOf(leaves.get(1))));
    if (hasBias) {
      assertClose(Values.of(biasGradient), sum(biasBefore, Values.gradientOf(leaves.get(2))));
    }
  }

  /** Rows fill whole lines of a cache or not; of 4096 values they would begin at the same place. */
  @ParameterizedTest
  @ValueSource(ints = {31, 32, 33, 1024, 4096})
  void forwardAndBack_anyVocabulary(int vocabulary) {
    NDArray states = Values.random(manager, 1, 1, 2, 3);
    NDArray weight = Values.random(manager, 2, 1, vocabulary, 3);
    NDArray ids = manager.create(new long[] {vocabulary - 1, 0});
    NDArray gradient = manager.create(new float[] {1, -2});
    List<NDArray> leaves = Parity.leaves(List.of(states, weight));
    NDArray expected;
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      NDArray logits = leaves.get(0).matMul(leaves.get(1).transpose());
      expected = logits.logSoftmax(1).gather(ids.expandDims(1), 1).squeeze(1);
      Torch.backward(expected, gradient);
    }
    NDArray weightGradient = manager.zeros(new Shape(vocabulary, 3));

    OutputMatrix head = new OutputMatrix(weight, null, 0);
    HeadOps.Forward forward =
        HeadOps.forward(head, states, ids, new HeadOps.Cut(FLOAT32, 1, 1), memory);
    NDArray back = HeadOps.backward(head, forward, gradient, weightGradient, null);

    assertClose(Values.of(forward.logProbabilities()), Values.of(expected));
    assertClose(Values.of(back), Values.gradientOf(leaves.get(0)));
    assertClose(Values.of(weightGradient), Values.gradientOf(leaves.get(1)));
  }

  /** Of what an earlier pass left there, in rows that are more than are needed, nothing is seen. */
  @ParameterizedTest
  @ValueSource(longs = {0, 2, 4, 5})
  void forwardAndBack_inUsedMemory(long kept) {
    NDArray states = Values.random(manager, 1, 1, 5, WIDTH);
    NDArray weight = Values.random(manager, 2, 1, VOCABULARY, WIDTH);
    NDArray ids = manager.create(new long[] {0, 10, 3, 3, 7});
    NDArray gradient = Values.random(manager, 4, 1, 5);
    OutputMatrix head = new OutputMatrix(weight, null, 0);
    HeadOps.Cut cut = new HeadOps.Cut(FLOAT32, 2, kept);
    HeadOps.Forward fresh = HeadOps.forward(head, states, ids, cut, memory);
    NDArray expected = HeadOps.backward(head, fresh, gradient, null, null);

    memory.hold(manager);
    NDArray used = memory.take(manager, 9, 32);
    used.set(new float[9 * 32]);
    used.subi(Float.NaN);
    memory.giveBack(used);
    HeadOps.Forward forward = HeadOps.forward(head, states, ids, cut, memory);
    NDArray back = HeadOps.backward(head, forward, gradient, null, null);
    forward.close();

    assertThat(memory.take(manager, 9, 32)).isSameAs(used);
    assertThat(forward.logProbabilities()).isEqualTo(fresh.logProbabilities());
    assertThat(back).isEqualTo(expected);
  }

  /** {@code ln p = -200}: far below the smallest number whose logarithm could be taken. */
  @Test
  void forward_ofTheImpossible() {
    NDArray states = manager.create(new float[] {1}, new Shape(1, 1));
    NDArray weight = manager.create(new float[] {200, 0, 0}, new Shape(3, 1));

    NDArray ids = manager.create(new long[] {2});
    OutputMatrix head = new OutputMatrix(weight, null, 0);
    HeadOps.Forward forward =
        HeadOps.forward(head, states, ids, new HeadOps.Cut(FLOAT32, 4, 1), memory);
    NDArray back = HeadOps.backward(head, forward, manager.ones(new Shape(1)), null, null);

    assertThat(forward.logProbabilities().toFloatArray()).containsExactly(-200);
    assertThat(back.toFloatArray()).containsExactly(-200); // W_y - W_0
  }

  /**
   * Operands that 16 bits hold exactly, and results far apart: rounding of products stays below
   * {@code 2^-8} of them.
   */
  @ParameterizedTest
  @EnumSource(names = {"BFLOAT16", "FLOAT16"})
  void forwardAndBack_halfOperands(HeadOps.Operands operands) {
    NDArray states = manager.create(new float[] {1, 2, -1, 0.5f}, new Shape(2, 2));
    NDArray weight = manager.create(new float[] {1, 0, 0.5f, 2, -1, 1}, new Shape(3, 2));
    NDArray ids = manager.create(new long[] {1, 0});
    NDArray gradient = manager.create(new float[] {2, -1});
    OutputMatrix head = new OutputMatrix(weight, null, 0);
    NDArray exact = manager.zeros(new Shape(3, 2));
    NDArray rounded = manager.zeros(new Shape(3, 2));

    HeadOps.Forward one =
        HeadOps.forward(head, states, ids, new HeadOps.Cut(FLOAT32, 1, 2), memory);
    HeadOps.Forward other =
        HeadOps.forward(head, states, ids, new HeadOps.Cut(operands, 1, 1), memory);
    NDArray expected = HeadOps.backward(head, one, gradient, exact, null);
    NDArray back = HeadOps.backward(head, other, gradient, rounded, null);

    assertClose(Values.of(other.logProbabilities()), Values.of(one.logProbabilities()));
    assertThat(Values.distance(Values.of(back), Values.of(expected))).isBetween(1e-6, 0.03);
    assertThat(Values.distance(Values.of(rounded), Values.of(exact))).isBetween(1e-6, 0.03);
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
