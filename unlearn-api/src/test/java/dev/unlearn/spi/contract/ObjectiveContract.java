package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.Floats;
import com.google.common.primitives.Ints;
import dev.unlearn.spi.train.Objective;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Objective} must keep to: it returns scalars whose sum is the same however an
 * update is split into micro-batches, with the gradient that its value has; it uses what it names
 * and nothing else; it keeps neither arrays nor state.
 *
 * <p>It sees updates without a model: the leaves of a pass are random numbers. Needs an engine of
 * DJL to compute with.
 */
@Tag("engine")
public abstract class ObjectiveContract {
  private static final double STEP = 1e-2;

  /** Returns a new objective, made the same way each time. */
  protected abstract Objective objective();

  /**
   * Returns whether the objective takes a part of what it computes for constant, such as weights of
   * tokens, so that its gradient is meant to be another than that of its value. By default not.
   */
  protected boolean holdsPartsConstant() {
    return false;
  }

  @Test
  void loss_finite() {
    FakeUpdate.Result whole = FakeUpdate.of(objective(), 100);
    assertThat(whole.value()).isFinite();
    assertThat(whole.gradients()).isNotEmpty();
    whole
        .gradients()
        .forEach((leaf, g) -> assertThat(Floats.asList(g)).as(leaf).allMatch(Float::isFinite));
  }

  @Test
  void loss_sharesAddUp() {
    FakeUpdate.Result whole = FakeUpdate.of(objective(), 100);
    for (int rows : Ints.asList(1, 2, 3)) {
      FakeUpdate.Result split = FakeUpdate.of(objective(), rows);
      assertThat(split.value())
          .as("in micro-batches of %s", rows)
          .isCloseTo(whole.value(), within(1e-5 * Math.max(1, Math.abs(whole.value()))));
      assertThat(split.gradients()).containsOnlyKeys(whole.gradients().keySet());
      whole
          .gradients()
          .forEach(
              (leaf, gradient) ->
                  assertThat(split.gradients().get(leaf))
                      .as("gradient of %s, in micro-batches of %s", leaf, rows)
                      .containsExactly(gradient, within(1e-5f)));
      assertThat(split.memory().keySet()).isEqualTo(whole.memory().keySet());
      whole
          .memory()
          .forEach(
              (name, number) ->
                  assertThat(split.memory().get(name)).as(name).isCloseTo(number, within(1e-4)));
    }
  }

  /** In random directions, by central differences. */
  @Test
  void loss_gradient() {
    if (holdsPartsConstant()) {
      return;
    }
    for (int direction = 1; direction <= 5; direction++) {
      double slope = FakeUpdate.of(objective(), 2, direction, 0).slope();
      double ahead = FakeUpdate.of(objective(), 2, direction, STEP).value();
      double behind = FakeUpdate.of(objective(), 2, direction, -STEP).value();
      assertThat(slope)
          .as("the slope in direction %s", direction)
          .isCloseTo((ahead - behind) / (2 * STEP), within(1e-3 + 1e-2 * Math.abs(slope)));
    }
  }

  @Test
  void loss_again() {
    Objective objective = objective();
    FakeUpdate.Result first = FakeUpdate.of(objective, 2);
    FakeUpdate.Result second = FakeUpdate.of(objective, 2);
    assertThat(second.value()).isEqualTo(first.value());
    assertThat(second.memory()).isEqualTo(first.memory());
  }

  @Test
  void loss_keepsNoArray() {
    assertThat(FakeUpdate.of(objective(), 2).arraysLeft()).isZero();
  }

  @Test
  void needs_same() {
    assertThat(objective().needs()).isEqualTo(objective().needs());
  }

  @Test
  void description_says() {
    assertThat(objective().description()).isNotBlank().isEqualTo(objective().description());
  }
}
