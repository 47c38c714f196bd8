package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The operators of decoders after GPT-Neo, against plain twins. */
@Tag("engine")
final class DecoderOpsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final TorchOps ops = TorchOps.get();

  @AfterEach
  void close() {
    manager.close();
  }

  /** Query head h attends to key head h / (heads / key heads). */
  @ParameterizedTest
  @CsvSource({"4,2,true", "4,1,true", "6,3,false", "4,4,false"})
  void attention_groupedHeads(int heads, int keyHeads, boolean masked) {
    List<NDArray> qkv =
        List.of(
            Values.random(manager, 1, 1, 2, heads, 5, 3),
            Values.random(manager, 2, 1, 2, keyHeads, 5, 3),
            Values.random(manager, 3, 1, 2, keyHeads, 5, 3));
    NDArray mask = masked ? causal(5) : null;

    Parity.assertSame(
        manager,
        qkv,
        leaves -> ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), mask, 0.6, 0),
        leaves ->
            plainAttention(
                leaves.get(0),
                repeated(leaves.get(1), heads / keyHeads),
                repeated(leaves.get(2), heads / keyHeads),
                0));
  }

  @ParameterizedTest
  @CsvSource({"2,0.5", "1,3"})
  void attention_capped(int keyHeads, double cap) {
    List<NDArray> qkv =
        List.of(
            Values.random(manager, 1, 2, 1, 2, 6, 4),
            Values.random(manager, 2, 2, 1, keyHeads, 6, 4),
            Values.random(manager, 3, 1, 1, keyHeads, 6, 4));

    Parity.assertSame(
        manager,
        qkv,
        leaves -> ops.attention(leaves.get(0), leaves.get(1), leaves.get(2), causal(6), 0.6, cap),
        leaves ->
            plainAttention(
                leaves.get(0),
                repeated(leaves.get(1), 2 / keyHeads),
                repeated(leaves.get(2), 2 / keyHeads),
                cap));
  }

  @Test
  void attention_capWithoutMask() {
    NDArray x = manager.ones(new Shape(1, 1, 2, 2));

    assertThatThrownBy(() -> ops.attention(x, x, x, null, 1, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attention with a cap must have a mask");
  }

  @Test
  void softCap_isTanhScaled() {
    NDArray x = manager.create(new float[] {-100, -3, 0, 0.5f, 3, 100});

    // 3 tanh(x / 3)
    assertThat(
            Values.distance(
                Values.of(ops.softCap(x, 3)),
                new double[] {-3, -2.2847825, 0, 0.4954214, 2.2847825, 3}))
        .isLessThan(1e-6);
    Parity.assertSame(
        manager,
        List.of(Values.random(manager, 1, 4, 3, 5)),
        leaves -> ops.softCap(leaves.get(0), 3),
        leaves -> leaves.get(0).div(3).tanh().mul(3));
  }

  @Test
  void silu_andScale() {
    Parity.assertSame(
        manager,
        List.of(Values.random(manager, 1, 3, 4, 5)),
        leaves -> ops.silu(leaves.get(0)),
        leaves -> {
          NDArray x = leaves.get(0);
          return x.div(x.neg().exp().add(manager.ones(x.getShape())));
        });
    Parity.assertSame(
        manager,
        List.of(Values.random(manager, 1, 3, 4, 5)),
        leaves -> ops.scale(leaves.get(0), 5.5),
        leaves -> leaves.get(0).mul(manager.ones(new Shape(4, 5)).mul(5.5)));
  }

  /** A quarter turn of (x0, x2) and (x1, x3) by 90 and 0 degrees; the fifth element stays. */
  @Test
  void rotate_byHand() {
    NDArray x = manager.create(new float[] {1, 2, 3, 4, 5}, new Shape(1, 1, 1, 5));
    NDArray cosines = manager.create(new float[] {0, 1, 0, 1}, new Shape(1, 4));
    NDArray sines = manager.create(new float[] {1, 0, 1, 0}, new Shape(1, 4));

    assertThat(Values.of(ops.rotate(x, cosines, sines))).containsExactly(-3, 2, 1, 4, 5);
  }

  @ParameterizedTest
  @CsvSource({"8,8", "8,4", "6,2"})
  void rotate_wholeAndPart(int width, int turned) {
    NDArray angles = Values.random(manager, 9, 2, 5, turned / 2);
    NDArray both = angles.concat(angles, 1);

    Parity.assertSame(
        manager,
        List.of(Values.random(manager, 1, 1, 2, 3, 5, width)),
        leaves -> ops.rotate(leaves.get(0), both.cos(), both.sin()),
        leaves -> {
          NDArray x = leaves.get(0);
          int half = turned / 2;
          NDArray first = x.get(new NDIndex("..., :" + half));
          NDArray second = x.get(new NDIndex("..., " + half + ":" + turned));
          NDArray left = first.mul(angles.cos()).sub(second.mul(angles.sin()));
          NDArray right = second.mul(angles.cos()).add(first.mul(angles.sin()));
          NDArray result = left.concat(right, 3);
          return turned == width
              ? result
              : result.concat(x.get(new NDIndex("..., " + turned + ":")), 3);
        });
  }

  @ParameterizedTest
  @CsvSource({"0", "1"})
  void rmsNorm_values(double offset) {
    Parity.assertSame(
        manager,
        List.of(Values.random(manager, 1, 2, 3, 4, 7), Values.random(manager, 2, 1, 7)),
        leaves -> ops.rmsNorm(leaves.get(0), leaves.get(1), offset, 1e-3),
        leaves -> {
          NDArray x = leaves.get(0);
          NDArray root = x.mul(x).mean(new int[] {2}, true).add(1e-3).sqrt();
          return x.div(root).mul(leaves.get(1).add(offset));
        });
  }

  private NDArray causal(int length) {
    boolean[] allowed = new boolean[length * length];
    for (int i = 0; i < allowed.length; i++) {
      allowed[i] = i % length <= i / length;
    }
    return manager.create(allowed, new Shape(length, length));
  }

  private static NDArray repeated(NDArray x, int times) {
    Shape shape = x.getShape();
    return x.expandDims(2)
        .broadcast(new Shape(shape.get(0), shape.get(1), times, shape.get(2), shape.get(3)))
        .reshape(new Shape(shape.get(0), shape.get(1) * times, shape.get(2), shape.get(3)));
  }

  private NDArray plainAttention(NDArray q, NDArray k, NDArray v, double cap) {
    long length = q.getShape().get(2);
    float[] penalties = new float[(int) (length * length)];
    for (int i = 0; i < penalties.length; i++) {
      penalties[i] = i % length <= i / length ? 0 : -1e9f;
    }
    NDArray scores = q.matMul(k.transpose(0, 1, 3, 2)).mul(0.6);
    NDArray capped = cap == 0 ? scores : scores.div(cap).tanh().mul(cap);
    return capped.add(manager.create(penalties, new Shape(length, length))).softmax(-1).matMul(v);
  }
}
