package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Compares operators with their plain twins. */
final class Parity {
  private Parity() {}

  /** Compares values and gradients of two functions of the same leaves, for a random head. */
  static void assertSame(
      NDManager manager,
      List<NDArray> inputs,
      Function<List<NDArray>, NDArray> actual,
      Function<List<NDArray>, NDArray> expected) {
    List<NDArray> actualLeaves = leaves(inputs);
    List<NDArray> expectedLeaves = leaves(inputs);
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      NDArray actualResult = actual.apply(actualLeaves);
      NDArray expectedResult = expected.apply(expectedLeaves);
      assertThat(actualResult.getShape()).isEqualTo(expectedResult.getShape());
      assertThat(Values.distance(Values.of(actualResult), Values.of(expectedResult)))
          .isLessThan(5e-6);
      NDArray head = Values.random(manager, 99, 1, expectedResult.getShape().getShape());
      Torch.backward(actualResult, head);
      Torch.backward(expectedResult, head);
    }
    for (int i = 0; i < inputs.size(); i++) {
      double[] gradient = Values.gradientOf(expectedLeaves.get(i));
      assertThat(Values.distance(Values.gradientOf(actualLeaves.get(i)), gradient))
          .as("gradient of argument %s", i)
          .isLessThan(5e-6);
    }
  }

  static List<NDArray> leaves(List<NDArray> arrays) {
    List<NDArray> leaves = new ArrayList<>();
    for (NDArray array : arrays) {
      NDArray leaf = array.duplicate();
      leaf.setRequiresGradient(true);
      leaves.add(leaf);
    }
    return leaves;
  }
}
