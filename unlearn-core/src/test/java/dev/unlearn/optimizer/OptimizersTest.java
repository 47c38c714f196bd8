package dev.unlearn.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Torch;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class OptimizersTest {
  private NDManager manager;

  @BeforeEach
  void openManager() {
    manager = NDManager.newBaseManager(Torch.ENGINE);
  }

  @AfterEach
  void closeManager() {
    manager.close();
  }

  @Test
  void sgd_handNumbers() {
    NDArray first = trained(1, 2);
    NDArray second = trained(3);
    update(Optimizers.sgd(0.5), List.of(first, second), List.of(of(4, -2), of(0.5f)));
    assertThat(first.toFloatArray()).containsExactly(-1, 3);
    assertThat(second.toFloatArray()).containsExactly(2.75f);
  }

  @Test
  void sgd_leavesGradientsAlone() {
    NDArray gradient = of(4, -2);
    update(Optimizers.sgd(0.5), List.of(trained(1, 2)), List.of(gradient));
    assertThat(gradient.toFloatArray()).containsExactly(4, -2);
  }

  /** Bias correction makes the first step the sign of the gradient, whatever its size. */
  @Test
  void adam_firstStep() {
    NDArray parameter = trained(1, 1, 1);
    update(Optimizers.adam(0.25), List.of(parameter), List.of(of(4, -1e-3f, 0)));
    assertThat(parameter.toFloatArray())
        .containsExactly(new float[] {0.75f, 1.25f, 1}, within(3e-6f));
  }

  /** The gradient is as small as epsilon: 1e-8 / (1e-8 + 1e-8) = 1/2. */
  @Test
  void adam_epsilon() {
    NDArray parameter = trained(1);
    update(Optimizers.adam(0.25), List.of(parameter), List.of(of(1e-8f)));
    assertThat(parameter.toFloatArray()[0]).isCloseTo(0.875f, within(1e-4f));
  }

  /** Three steps against the formula, with the constants of Jang et al. */
  @Test
  void adam_constantsOfThePaper() {
    float[] gradients = {0.5f, -2, 1.5f};
    double mean = 0;
    double variance = 0;
    double expected = 1;
    NDArray parameter = trained(1);
    try (OptimizerState state = Optimizers.adam(0.01).start(manager, List.of(parameter))) {
      for (int step = 1; step <= gradients.length; step++) {
        double gradient = gradients[step - 1];
        mean = 0.9 * mean + (1 - 0.9) * gradient;
        variance = 0.98 * variance + (1 - 0.98) * gradient * gradient;
        expected -=
            0.01
                * (mean / (1 - Math.pow(0.9, step)))
                / (Math.sqrt(variance / (1 - Math.pow(0.98, step))) + 1e-8);
        state.update(List.of(of(gradients[step - 1])));
        assertThat((double) parameter.toFloatArray()[0]).isCloseTo(expected, within(1e-6));
      }
    }
  }

  @Test
  void adam_leavesGradientsAlone() {
    NDArray gradient = of(4, -2);
    update(Optimizers.adam(0.5), List.of(trained(1, 2)), List.of(gradient));
    assertThat(gradient.toFloatArray()).containsExactly(4, -2);
  }

  @Test
  void adam_stateIsOneRuns() {
    Optimizer adam = Optimizers.adam(0.25);
    NDArray once = trained(1);
    NDArray again = trained(1);
    update(adam, List.of(once), List.of(of(4)));
    update(adam, List.of(again), List.of(of(4)));
    assertThat(again.toFloatArray()).isEqualTo(once.toFloatArray());
  }

  @Test
  void adam_stateIsFreed() {
    NDArray parameter = trained(1, 2);
    int before = manager.getManagedArrays().size();
    OptimizerState state = Optimizers.adam(0.25).start(manager, List.of(parameter));
    // Both moments and the step.
    assertThat(manager.getManagedArrays()).hasSize(before + 3);
    state.close();
    assertThat(manager.getManagedArrays()).hasSize(before);
  }

  @Test
  void update_gradientModeIsBack() {
    NDArray parameter = trained(1);
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      update(Optimizers.sgd(0.5), List.of(parameter), List.of(of(1)));
      update(Optimizers.adam(0.5), List.of(parameter), List.of(of(1)));
      NDArray square = parameter.mul(parameter).sum();
      Torch.backward(square, manager.ones(new Shape()));
    }
    float value = parameter.toFloatArray()[0];
    assertThat(parameter.getGradient().toFloatArray()[0]).isCloseTo(2 * value, within(1e-6f));
  }

  /** A norm of 13 over both arrays, halved; elements of both signs shrink alike. */
  @Test
  void clippedTo_bothSigns() {
    NDArray first = trained(0, 0);
    NDArray second = trained(0);
    update(Optimizers.sgd(1).clippedTo(6.5), List.of(first, second), List.of(of(3, -4), of(-12)));
    assertThat(first.toFloatArray()).containsExactly(new float[] {-1.5f, 2}, within(1e-6f));
    assertThat(second.toFloatArray()).containsExactly(new float[] {6}, within(1e-6f));
  }

  @Test
  void withSchedule_factorPerUpdate() {
    NDArray parameter = trained(0);
    Optimizer optimizer =
        Optimizers.sgd(1).withSchedule(update -> update == 2 ? 0 : Math.pow(10, update));
    try (OptimizerState state = optimizer.start(manager, List.of(parameter))) {
      for (float expected : new float[] {-10, -10, -1010}) {
        state.update(List.of(of(1)));
        assertThat(parameter.toFloatArray()).containsExactly(expected);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.5, Double.NaN, Double.POSITIVE_INFINITY})
  void withSchedule_badFactor(double factor) {
    NDArray parameter = trained(1);
    Optimizer optimizer = Optimizers.sgd(1).withSchedule(update -> factor);
    assertThatThrownBy(() -> update(optimizer, List.of(parameter), List.of(of(1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "schedule custom schedule must return factors that are finite and >= 0, but returned: "
                + factor);
    assertThat(parameter.toFloatArray()).containsExactly(1);
  }

  @Test
  void withSchedule_replacesAndLeavesTheOriginal() {
    AdjustableOptimizer plain = Optimizers.sgd(0.5);
    AdjustableOptimizer linear = plain.withSchedule(Schedules.linear(3));
    assertThat(plain.description()).isEqualTo("sgd(learningRate=0.5)");
    assertThat(linear.withSchedule(Schedules.constant()).description())
        .isEqualTo(plain.description());
  }

  /** Decay alone: 2 (1 - 0.1 · 0.5) with a gradient of 0, and of nothing with Adam. */
  @Test
  void adamW_decayIsDecoupled() {
    NDArray decayed = trained(2);
    NDArray plain = trained(2);
    update(Optimizers.adamW(0.1, 0.5), List.of(decayed), List.of(of(0)));
    update(Optimizers.adam(0.1), List.of(plain), List.of(of(0)));
    assertThat(decayed.toFloatArray()).containsExactly(new float[] {1.9f}, within(1e-6f));
    assertThat(plain.toFloatArray()).containsExactly(2);
  }

  @Test
  void adafactor_onlyVectorsOrOnlyMatrices() {
    NDArray vector = trained(1, 1);
    NDArray matrix = manager.ones(new Shape(1, 2));
    update(Optimizers.adafactor(0.5), List.of(vector), List.of(of(4, -0.1f)));
    update(
        Optimizers.adafactor(0.5), List.of(matrix), List.of(of(4, -0.1f).reshape(new Shape(1, 2))));
    // First updates are as long as the parameter's root mean square says: 0.5 · 1, by sign.
    assertThat(vector.toFloatArray()).containsExactly(new float[] {0.5f, 1.5f}, within(1e-6f));
    assertThat(matrix.toFloatArray()).containsExactly(new float[] {0.5f, 1.5f}, within(1e-6f));
  }

  @Test
  void description_constants() {
    assertThat(Optimizers.adam(5e-5).description())
        .isEqualTo("adam(learningRate=5.0E-5, beta1=0.9, beta2=0.98, epsilon=1.0E-8)");
    assertThat(Optimizers.sgd(0.5).description()).isEqualTo("sgd(learningRate=0.5)");
    assertThat(Optimizers.DEFAULT_LEARNING_RATE).isEqualTo(5e-5);
    assertThat(Optimizers.adam(0.1, 0.5, 0.75, 1e-6).description())
        .isEqualTo("adam(learningRate=0.1, beta1=0.5, beta2=0.75, epsilon=1.0E-6)");
    assertThat(Optimizers.adamW(0.1, 0.01).description())
        .isEqualTo(
            "adamW(learningRate=0.1, beta1=0.9, beta2=0.999, epsilon=1.0E-8, weightDecay=0.01)");
    assertThat(Optimizers.sgd(0.5, 0.9).description())
        .isEqualTo("sgd(learningRate=0.5, momentum=0.9, nesterov=false)");
    assertThat(Optimizers.nesterov(0.5, 0.9).description())
        .isEqualTo("sgd(learningRate=0.5, momentum=0.9, nesterov=true)");
    assertThat(Optimizers.adafactor(0.01).description()).isEqualTo("adafactor(learningRate=0.01)");
    assertThat(
            Optimizers.sgd(0.5)
                .clippedTo(1)
                .withSchedule(Schedules.linear(20).afterWarmUp(5))
                .description())
        .isEqualTo(
            "sgd(learningRate=0.5), linear(updates=20) after warmUp(updates=5),"
                + " clippedTo(maxNorm=1.0)");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1e-5, Double.NaN, Double.POSITIVE_INFINITY})
  void learningRate_bad(double rate) {
    String message = "learningRate must be finite and > 0, but was: " + rate;
    assertRefused(() -> Optimizers.adam(rate), message);
    assertRefused(() -> Optimizers.adamW(rate, 0.1), message);
    assertRefused(() -> Optimizers.adafactor(rate), message);
    assertRefused(() -> Optimizers.sgd(rate), message);
    assertRefused(() -> Optimizers.nesterov(rate, 0.5), message);
    assertRefused(
        () -> Optimizers.adam(0.1, 0.9, 0.9, rate),
        "epsilon must be finite and > 0, but was: " + rate);
    assertRefused(
        () -> Optimizers.sgd(0.1).clippedTo(rate),
        "maxNorm must be finite and > 0, but was: " + rate);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, Double.NaN})
  void share_bad(double value) {
    String rule = " must be >= 0 and < 1, but was: " + value;
    assertRefused(() -> Optimizers.adam(0.1, value, 0.9, 1e-8), "beta1" + rule);
    assertRefused(() -> Optimizers.adamW(0.1, 0.9, value, 1e-8, 0), "beta2" + rule);
    assertRefused(() -> Optimizers.sgd(0.1, value), "momentum" + rule);
    assertRefused(() -> Optimizers.nesterov(0.1, value), "momentum" + rule);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, Double.NaN, Double.POSITIVE_INFINITY})
  void weightDecay_bad(double decay) {
    assertRefused(
        () -> Optimizers.adamW(0.1, decay),
        "weightDecay must be finite and >= 0, but was: " + decay);
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  private void update(Optimizer optimizer, List<NDArray> parameters, List<NDArray> gradients) {
    try (OptimizerState state = optimizer.start(manager, parameters)) {
      state.update(gradients);
    }
  }

  private NDArray trained(float... values) {
    NDArray array = manager.create(values);
    array.setRequiresGradient(true);
    return array;
  }

  private NDArray of(float... values) {
    return manager.create(values);
  }
}
