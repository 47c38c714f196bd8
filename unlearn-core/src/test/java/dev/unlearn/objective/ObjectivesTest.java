package dev.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.spi.train.Objective;
import org.junit.jupiter.api.Test;

/** The numbers are in {@code ShareTest} and {@code UpdatesTest}. */
final class ObjectivesTest {
  @Test
  void description_builtIn() {
    assertThat(Objectives.gradientAscent().description()).isEqualTo("gradient-ascent");
    assertThat(Objectives.gradientDescent().description()).isEqualTo("gradient-descent");
  }

  @Test
  void description_lambda() {
    Objective objective = context -> context.forget().pass().logProbabilities().mean();
    assertThat(objective.description()).isEqualTo("custom objective");
  }
}
