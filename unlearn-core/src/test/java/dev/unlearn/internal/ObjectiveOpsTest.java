package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Edges; ordinary values and gradients are in the tests of objectives. */
@Tag("engine")
final class ObjectiveOpsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  /** At p = 1, and a rounding error above it, the second weight is 0 and not infinite or NaN. */
  @Test
  void reweighted_certainTokens() {
    NDArray x = leaf(0, 1e-7f, -0.5f, -200);

    double[] gradient = gradient(x, 5, () -> ObjectiveOps.reweighted(x, 0, 0.5));

    double middle = Math.sqrt(1 - Math.exp(-0.5));
    assertThat(Values.distance(gradient, new double[] {0, 0, middle, 1})).isLessThan(1e-6);
  }

  @Test
  void crossEntropyWithout_certainTruth() {
    NDArray logits = leaf(2000, 0, 0).reshape(1, 1, 3);
    NDArray ids = manager.zeros(new Shape(1, 1), DataType.INT64);

    // The others share the aim; each lies 2000 nats behind.
    assertThat(Values.of(ObjectiveOps.crossEntropyWithout(logits, ids))[0])
        .isCloseTo(2000, within(1e-3));
  }

  @Test
  void divergence_ofTheSame() {
    NDArray logits = Values.random(manager, 1, 30, 2, 5, 7);

    assertThat(Values.largest(Values.of(ObjectiveOps.divergence(logits, logits)))).isZero();
  }

  @Test
  void invertedHinge_isBounded() {
    NDArray logits = leaf(900, -900, 0).reshape(1, 1, 3);
    NDArray truth = manager.create(new long[] {0}, new Shape(1, 1));
    NDArray wrong = manager.create(new long[] {1}, new Shape(1, 1));

    assertThat(Values.of(ObjectiveOps.invertedHinge(logits, truth))).containsExactly(2);
    assertThat(Values.of(ObjectiveOps.invertedHinge(logits, wrong))).containsExactly(0);
  }

  /** TorchScript compiles anew after it has seen some calls; gradients must not change with it. */
  @Test
  void gradients_ofManyCalls() {
    NDArray logits = Values.random(manager, 2, 2, 2, 3, 5);
    NDArray reference = Values.random(manager, 3, 2, 2, 3, 5);
    NDArray ids = manager.create(new long[] {0, 1, 2, 3, 4, 0}, new Shape(2, 3));
    for (int call = 0; call < 5; call++) {
      Parity.assertSame(
          manager,
          List.of(logits),
          leaves -> ObjectiveOps.crossEntropyWithout(leaves.get(0), ids),
          leaves -> plain(leaves.get(0), without(logits, ids)));
      Parity.assertSame(
          manager,
          List.of(logits),
          leaves -> ObjectiveOps.divergence(leaves.get(0), reference),
          leaves -> {
            NDArray q = reference.softmax(-1);
            return plain(leaves.get(0), q).add(reference.logSoftmax(-1).mul(q).sum(new int[] {-1}));
          });
    }
  }

  private static NDArray without(NDArray logits, NDArray ids) {
    NDArray others = ids.oneHot(5).neg().add(1).mul(logits.exp());
    return others.div(others.sum(new int[] {-1}, true));
  }

  private static NDArray plain(NDArray logits, NDArray q) {
    return logits.logSoftmax(-1).mul(q).sum(new int[] {-1}).neg();
  }

  /** Numbers are closed at once; what is made belongs to the first array's manager. */
  @Test
  void call_leavesNothingBehind() {
    try (NDManager own = manager.newSubManager()) {
      NDArray x = own.create(new float[] {1, 2});
      int before = ((BaseNDManager) own).getManagedArrays().size();
      for (int call = 0; call < 3; call++) {
        ObjectiveOps.logSigmoid(x, 0.1 * call, 2, 3).close();
      }
      assertThat(((BaseNDManager) own).getManagedArrays()).hasSize(before);
      NDArray result = ObjectiveOps.scale(x, 0.25 + 1e-9);
      assertThat(result.getManager()).isSameAs(own);
    }
  }

  private NDArray leaf(float... values) {
    NDArray leaf = manager.create(values);
    leaf.setRequiresGradient(true);
    return leaf;
  }

  private double[] gradient(NDArray leaf, int calls, Supplier<NDArray> function) {
    double[] gradient = {};
    for (int call = 0; call < calls; call++) {
      Torch.zeroGradients(List.of(leaf));
      try (Torch.GradientMode on = Torch.gradientsOn()) {
        NDArray result = function.get();
        Torch.backward(result, result.onesLike());
      }
      gradient = Values.gradientOf(leaf);
    }
    return gradient;
  }
}
