package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.Values;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.training.Updates;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Steps of training against those that PyTorch makes with the same checkpoint. */
@Tag("engine")
@ParameterizedClass
@ValueSource(strings = {"gpt2", "gpt2_hubnames", "gpt_neo", "gpt_neo_hub"})
final class GoldenStepsTest {
  private static final int MICRO_BATCH_TOKENS = 4096;

  @Parameter String name;

  private GoldenCase golden;

  @BeforeEach
  void open() {
    golden = new GoldenCase(name);
  }

  @AfterEach
  void close() {
    golden.close();
  }

  @Test
  void sgd_oneAscentStep() {
    try (Updates updates =
        new Updates(
            golden.model, Objectives.gradientAscent(), Optimizers.sgd(1e-2), MICRO_BATCH_TOKENS)) {
      assertThat(updates.update(golden.rows).loss().orElseThrow())
          .isCloseTo(golden.golden("loss")[0], within(5e-5));
    }

    golden
        .model
        .parameters()
        .forEach(
            (parameter, array) ->
                assertThat(Values.distance(Values.of(array), golden.golden("sgd1." + parameter)))
                    .as(parameter)
                    .isLessThan(1e-6));
    assertThat(GoldenCase.loss(golden.model.score(golden.rows)))
        .isCloseTo(golden.golden("sgd1_loss")[0], within(5e-5));
  }

  @Test
  void adam_threeAscentSteps() {
    double[] trace = new double[4];
    try (Updates updates =
        new Updates(
            golden.model, Objectives.gradientAscent(), Optimizers.adam(5e-5), MICRO_BATCH_TOKENS)) {
      for (int step = 0; step < 3; step++) {
        trace[step] = updates.update(golden.rows).loss().orElseThrow();
      }
    }
    trace[3] = GoldenCase.loss(golden.model.score(golden.rows));

    assertThat(Values.distance(trace, golden.golden("adam3_loss_trace"))).isLessThan(5e-5);
    for (Map.Entry<String, NDArray> entry : golden.model.parameters().entrySet()) {
      double[] expected = golden.golden("adam3." + entry.getKey());
      double[] actual = Values.of(entry.getValue());
      String mask = "adam3_unstable." + entry.getKey();
      if (golden.has(mask)) {
        byte[] unstable = golden.array(mask).toByteArray();
        for (int i = 0; i < unstable.length; i++) {
          actual[i] = unstable[i] == 0 ? actual[i] : expected[i];
        }
      }
      assertThat(Values.distance(actual, expected)).as(entry.getKey()).isLessThan(5e-6);
    }
  }
}
