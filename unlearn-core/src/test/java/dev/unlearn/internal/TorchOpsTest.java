package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class TorchOpsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final TorchOps ops = TorchOps.get();

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,4,0.5", "1,2,5,3,1", "2,3,7,8,0.35355339", "3,1,33,16,0.25"})
  void attention_causal(int rows, int heads, int length, int width, double scale) {
    List<NDArray> qkv = qkv(rows, heads, length, width);

    Parity.assertSame(
        manager,
        qkv,
        leaves -> ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), null, scale, 0),
        leaves -> plainAttention(leaves, causal(length), scale));
  }

  @ParameterizedTest
  @CsvSource({"1,2,5,3,1", "2,3,7,8,0.35355339", "3,1,33,16,0.25"})
  void attention_masked(int rows, int heads, int length, int width, double scale) {
    List<NDArray> qkv = qkv(rows, heads, length, width);
    boolean[] allowed = randomMask(length);
    NDArray mask = manager.create(allowed, new Shape(length, length));

    Parity.assertSame(
        manager,
        qkv,
        leaves -> ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), mask, scale, 0),
        leaves -> plainAttention(leaves, allowed, scale));
  }

  @Test
  void attention_maskPerRow() {
    int length = 6;
    List<NDArray> qkv = qkv(2, 2, length, 4);
    boolean[] first = randomMask(length);
    boolean[] second = causal(length);
    boolean[] both = Arrays.copyOf(first, 2 * first.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    NDArray mask = manager.create(both, new Shape(2, 1, length, length));

    double[] actual = Values.of(ops.attention(qkv.get(0), qkv.get(1), qkv.get(2), mask, 0.5, 0));

    int half = actual.length / 2;
    double[] firstRow = Arrays.copyOf(Values.of(plainAttention(qkv, first, 0.5)), half);
    double[] secondRow = Values.of(plainAttention(qkv, second, 0.5));
    assertThat(Values.distance(Arrays.copyOf(actual, half), firstRow)).isLessThan(1e-6);
    assertThat(
            Values.distance(
                Arrays.copyOfRange(actual, half, 2 * half),
                Arrays.copyOfRange(secondRow, half, 2 * half)))
        .isLessThan(1e-6);
  }

  @Test
  void attention_causalEqualsItsMask() {
    List<NDArray> qkv = qkv(2, 2, 9, 4);
    NDArray mask = manager.create(causal(9), new Shape(9, 9));

    Parity.assertSame(
        manager,
        qkv,
        leaves -> ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), null, 0.7, 0),
        leaves -> ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), mask, 0.7, 0));
  }

  @ParameterizedTest
  @CsvSource({"1,1", "3,5", "17,64"})
  void geluTanh_manyShapes(int rows, int columns) {
    List<NDArray> x = List.of(Values.random(manager, 5, 2, rows, columns));

    Parity.assertSame(
        manager, x, leaves -> ops.geluTanh(leaves.get(0)), leaves -> plainGelu(leaves.get(0)));
  }

  @Test
  void geluTanh_farFromZero() {
    NDArray x = manager.create(new float[] {-30, -5, 0, 5, 30});

    assertThat(Values.distance(Values.of(ops.geluTanh(x)), new double[] {0, 0, 0, 5, 30}))
        .isLessThan(1e-6);
  }

  @ParameterizedTest
  @CsvSource({"1,1", "1,7", "6,3", "40,1001"})
  void tokenLogProbabilities_manyShapes(int rows, int vocabulary) {
    List<NDArray> logits = List.of(Values.random(manager, 6, 3, rows, vocabulary));
    Random random = new Random(7);
    NDArray ids = manager.create(random.longs(rows, 0, vocabulary).toArray());

    Parity.assertSame(
        manager,
        logits,
        leaves -> ops.tokenLogProbabilities(leaves.get(0), ids),
        leaves -> leaves.get(0).logSoftmax(1).gather(ids.expandDims(1), 1).squeeze(1));
  }

  @Test
  void tokenLogProbabilities_largeLogits() {
    // log softmax of (1000, 998) at 0 is -log(1 + e^-2) = -0.126928
    NDArray logits = manager.create(new float[] {1000, 998, -1000, 5}, new Shape(2, 2));
    NDArray ids = manager.create(new long[] {0, 1});

    assertThat(
            Values.distance(
                Values.of(ops.tokenLogProbabilities(logits, ids)),
                new double[] {-0.12692801104297252, 0}))
        .isLessThan(1e-4);
  }

  @Test
  void norm_overAllElementsOfAllArrays() {
    NDArray scalar = manager.create(2f);
    NDArray vector = manager.create(new float[] {1, -2});
    NDArray matrix = Values.random(manager, 8, 1, 13, 7);
    double squares = Arrays.stream(Values.of(matrix)).map(v -> v * v).sum();

    assertThat(ops.norm(manager, List.of(vector))).isCloseTo(Math.sqrt(5), within(1e-6));
    assertThat(ops.norm(manager, List.of(scalar, vector, matrix)))
        .isCloseTo(Math.sqrt(4 + 5 + squares), within(1e-5));
  }

  @Test
  void norm_notFinite() {
    NDArray infinite = manager.create(new float[] {1, Float.POSITIVE_INFINITY});

    assertThat(ops.norm(manager, List.of(infinite))).isInfinite();
    assertThat(ops.norm(manager, List.of(manager.create(Float.NaN)))).isNaN();
  }

  @Test
  void copy_severalShapes() {
    List<NDArray> sources =
        List.of(
            Values.random(manager, 1, 1, 3, 4),
            Values.random(manager, 2, 1, 5),
            manager.create(7f));
    List<NDArray> targets = sources.stream().map(NDArray::zerosLike).toList();

    ops.copy(sources, targets);

    for (int i = 0; i < sources.size(); i++) {
      assertThat(targets.get(i).toFloatArray()).isEqualTo(sources.get(i).toFloatArray());
    }
  }

  /**
   * {@link NDArray#copyTo} of DJL 0.36 does not write into the target's memory on PyTorch: it makes
   * the target look into a buffer on the Java side, which lives as long as the target's Java object
   * does. Views of the target keep the old values, and later ones dangle when that object is gone.
   */
  @Test
  void copy_writesIntoTheTargetsMemory() {
    NDArray target = manager.zeros(new Shape(4));
    NDArray view = target.reshape(new Shape(2, 2));

    ops.copy(List.of(manager.create(new float[] {1, 2, 3, 4})), List.of(target));

    assertThat(target.toFloatArray()).containsExactly(1, 2, 3, 4);
    assertThat(view.toFloatArray()).containsExactly(1, 2, 3, 4);
  }

  @Test
  void copy_sharesNoMemoryWithTheSource() {
    NDArray target = manager.zeros(new Shape(1000));
    float[] expected = new float[1000];
    Arrays.fill(expected, 3);
    try (NDManager shortLived = manager.newSubManager()) {
      NDArray source = shortLived.ones(new Shape(1000)).mul(3);
      ops.copy(List.of(source), List.of(target));
      source.muli(5);
      assertThat(target.toFloatArray()).isEqualTo(expected);
      target.addi(1);
      assertThat(source.toFloatArray()[0]).isEqualTo(15);
      target.subi(1);
    }
    try (NDManager next = manager.newSubManager()) {
      for (int i = 0; i < 100; i++) {
        assertThat(next.ones(new Shape(1000)).mul(-9).toFloatArray()[0]).isEqualTo(-9);
      }
    }

    assertThat(target.toFloatArray()).isEqualTo(expected);
  }

  @Test
  void copy_intoLeaves() {
    NDArray target = manager.zeros(new Shape(2));
    target.setRequiresGradient(true);

    try (Torch.GradientMode on = Torch.gradientsOn()) {
      ops.copy(List.of(manager.create(new float[] {1, 2})), List.of(target));
    }

    assertThat(target.toFloatArray()).containsExactly(1, 2);
  }

  /** Gradient mode belongs to a thread, and is on in those that did not load the engine. */
  @Test
  void everyOp_onAnotherThread() throws Exception {
    assertThat(onAnotherThread(this::attentionGradient))
        .isEqualTo(attentionGradient())
        .hasSize(3 * 2 * 5 * 4);
    NDArray parameter = manager.ones(new Shape(3));
    parameter.setRequiresGradient(true);
    NDArray gradient = manager.ones(new Shape(3));

    double norm =
        onAnotherThread(
            () -> {
              ops.copy(List.of(manager.create(new float[] {4, 5, 6})), List.of(parameter));
              return ops.norm(manager, List.of(gradient));
            });

    assertThat(norm).isCloseTo(Math.sqrt(3), within(1e-6));
    assertThat(Values.distance(Values.of(parameter), new double[] {4, 5, 6})).isZero();
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1,0.5", "7,5,3,2,1", "9,4,8,3,1.4142135"})
  void addLowRank_asTwoProducts(int rows, int inputs, int outputs, int rank, double scale) {
    List<NDArray> arguments =
        List.of(
            Values.random(manager, 1, 1, rows, outputs),
            Values.random(manager, 2, 1, rows, inputs),
            Values.random(manager, 3, 1, rank, inputs),
            Values.random(manager, 4, 1, outputs, rank));

    Parity.assertSame(
        manager,
        arguments,
        leaves -> ops.addLowRank(leaves.get(0), leaves.get(1), leaves.get(2), leaves.get(3), scale),
        leaves -> {
          NDArray inner = leaves.get(1).matMul(leaves.get(2).transpose());
          NDArray outer = inner.matMul(leaves.get(3).transpose());
          return leaves.get(0).add(outer.mul(manager.create((float) scale)));
        });
  }

  /** A scalar cached inside somebody's scope was closed with it, and the next call failed. */
  @ParameterizedTest
  @ValueSource(doubles = {0.123456, 0.654321})
  void number_firstNeededInsideAScope(double scale) {
    List<NDArray> qkv = qkv(1, 1, 4, 2);
    double[] inside;
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      inside = Values.of(ops.attention(qkv.get(0), qkv.get(1), qkv.get(2), null, scale, 0));
    }

    double[] after = Values.of(ops.attention(qkv.get(0), qkv.get(1), qkv.get(2), null, scale, 0));

    assertThat(after).isEqualTo(inside);
  }

  @Test
  void result_belongsToTheFirstArgumentsManager() {
    try (NDManager own = manager.newSubManager()) {
      NDArray x = own.ones(new Shape(2, 2));

      assertThat(ops.geluTanh(x).getManager()).isSameAs(own);
      assertThat(ops.tokenLogProbabilities(x, manager.zeros(new Shape(2), DataType.INT64)))
          .extracting(NDArray::getManager)
          .isSameAs(own);
    }
  }

  @Test
  void gradientMode_isBroughtBack() throws Exception {
    boolean before = JniUtils.isGradMode();
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      try (Torch.GradientMode off = Torch.gradientsOff()) {
        assertThat(JniUtils.isGradMode()).isFalse();
        assertThat(onAnotherThread(JniUtils::isGradMode)).isTrue();
      }
      assertThat(JniUtils.isGradMode()).isTrue();
    }

    assertThat(JniUtils.isGradMode()).isEqualTo(before);
  }

  @Test
  void zeroGradients_alsoOfLeavesThatHaveNone() {
    List<NDArray> leaves =
        Parity.leaves(List.of(manager.ones(new Shape(2)), manager.ones(new Shape(2))));
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.backward(leaves.get(0).mul(3), manager.ones(new Shape(2)));
    }
    assertThat(Values.gradientOf(leaves.get(0))).containsExactly(3, 3);

    Torch.zeroGradients(leaves);

    assertThat(Values.gradientOf(leaves.get(0))).containsExactly(0, 0);
    assertThat(Values.gradientOf(leaves.get(1))).containsExactly(0, 0);
  }

  /** The memory stays: a view that was made before sees what is written to the array after. */
  @Test
  void freeGradients_newHandleOnTheSameMemory() {
    List<NDArray> leaves =
        Parity.leaves(List.of(manager.ones(new Shape(2)), manager.ones(new Shape(2))));
    NDArray frozen = manager.ones(new Shape(2));
    NDArray view = leaves.get(0).stopGradient();
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.backward(leaves.get(0).mul(3), manager.ones(new Shape(2)));

      Torch.freeGradients(List.of(leaves.get(0), leaves.get(1), frozen));

      assertThat(ops.withoutGradient(leaves)).hasSize(2);
      assertThat(Torch.requiresGradient(leaves.get(0))).isTrue();
      assertThat(Torch.requiresGradient(frozen)).isFalse();
      Torch.backward(leaves.get(0).mul(5), manager.ones(new Shape(2)));
    }
    assertThat(Values.gradientOf(leaves.get(0))).containsExactly(5, 5);
    ops.copy(List.of(manager.create(new float[] {1, 2})), List.of(leaves.get(0)));
    assertThat(view.toFloatArray()).containsExactly(1, 2);
  }

  @Test
  void gradient_zerosOfALeafThatHasNone() {
    NDArray leaf = Parity.leaves(List.of(manager.ones(new Shape(3, 2)))).get(0);
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      try (NDArray gradient = ops.gradient(leaf)) {
        assertThat(gradient.toFloatArray()).containsExactly(0, 0, 0, 0, 0, 0);
        ops.copy(List.of(manager.ones(new Shape(3, 2))), List.of(gradient));
      }
      Torch.backward(leaf.mul(2), manager.ones(new Shape(3, 2)));
    }
    assertThat(Values.gradientOf(leaf)).containsExactly(3, 3, 3, 3, 3, 3);
  }

  private double[] attentionGradient() {
    List<NDArray> leaves = Parity.leaves(qkv(1, 2, 5, 4));
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      NDArray result = ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), null, 0.5, 0);
      Torch.backward(result, Values.random(manager, 99, 1, result.getShape().getShape()));
    }
    return leaves.stream().map(Values::gradientOf).flatMapToDouble(Arrays::stream).toArray();
  }

  private static <T> T onAnotherThread(Callable<T> work) throws Exception {
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      return executor.submit(work).get();
    } finally {
      executor.shutdown();
    }
  }

  private List<NDArray> qkv(int rows, int heads, int length, int width) {
    return List.of(
        Values.random(manager, 1, 1, rows, heads, length, width),
        Values.random(manager, 2, 1, rows, heads, length, width),
        Values.random(manager, 3, 1, rows, heads, length, width));
  }

  private NDArray plainAttention(List<NDArray> qkv, boolean[] allowed, double scale) {
    long length = qkv.get(0).getShape().get(2);
    float[] penalties = new float[allowed.length];
    for (int i = 0; i < allowed.length; i++) {
      penalties[i] = allowed[i] ? 0 : -1e9f;
    }
    NDArray penalty = manager.create(penalties, new Shape(length, length));
    NDArray scores = qkv.get(0).matMul(qkv.get(1).transpose(0, 1, 3, 2)).mul(scale);
    return scores.add(penalty).softmax(-1).matMul(qkv.get(2));
  }

  private static boolean[] causal(int length) {
    boolean[] allowed = new boolean[length * length];
    for (int query = 0; query < length; query++) {
      Arrays.fill(allowed, query * length, query * length + query + 1, true);
    }
    return allowed;
  }

  /** Not causal, so that a mask that is ignored for a causal one is seen. */
  private static boolean[] randomMask(int length) {
    Random random = new Random(4);
    boolean[] allowed = new boolean[length * length];
    for (int i = 0; i < allowed.length; i++) {
      allowed[i] = i % (length + 1) == 0 || random.nextBoolean();
    }
    return allowed;
  }

  /** {@code x/2 (1 + tanh(√(2/π) (x + 0.044715 x³)))}. */
  private static NDArray plainGelu(NDArray x) {
    NDArray inner = x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return x.mul(0.5).mul(inner.tanh().add(1));
  }
}
