package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.Precision;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
final class LossScaleTest {
  private static final List<TokenSequence> TEXT = TinyModel.random(5, 6, 12);
  private static final UpdateData DATA = new UpdateData(TEXT, List.of(), List.of());
  private static final String SCALE = "float16.lossScale";

  /** Gradient descent that counts how often it is asked, in the run's memory and beside it. */
  private static final class Counting implements Objective {
    private final double factor;
    int prepared;
    int asked;

    Counting(double factor) {
      this.factor = factor;
    }

    @Override
    public void prepare(UpdateContext update) {
      prepared++;
      update.memory().add("prepared", 1);
    }

    @Override
    public NDArray loss(ObjectiveContext context) {
      asked++;
      context.memory().add("asked", 1);
      return Objectives.gradientDescent().times(factor).loss(context);
    }
  }

  /** What updates left behind. */
  private record Result(List<UpdateResult> updates, Map<String, Double> memory) {}

  private static Result updated(Precision precision, Objective objective, int count) {
    ObjectiveMemory memory = new ObjectiveMemory();
    List<UpdateResult> results = new ArrayList<>();
    try (TrainableCausalLm model = TinyModel.reciting(precision);
        Updates updates = updates(model, objective, memory)) {
      for (int i = 1; i <= count; i++) {
        results.add(updates.update(i, DATA, tokens -> {}));
      }
      return new Result(results, memory.numbers());
    }
  }

  private static Updates updates(
      TrainableCausalLm model, Objective objective, ObjectiveMemory memory) {
    return new Updates(
        model, objective, Optimizers.adam(1e-3), 24, Double.POSITIVE_INFINITY, null, memory);
  }

  /** Times 2^12 the gradient is more than half precision has, at the first scale of 2^16. */
  @Test
  void update_overflow() {
    Counting steep = new Counting(0x1p12);
    Result expected = updated(Precision.FLOAT32, new Counting(0x1p12), 1);
    Result actual = updated(Precision.FLOAT16_MIXED, steep, 1);

    double scale = actual.memory.get(SCALE);
    int halved = 16 - Math.getExponent(scale);
    assertThat(scale).isEqualTo(Math.scalb(1.0, 16 - halved));
    assertThat(halved).isPositive();
    // Three micro-batches, computed anew whenever the scale was halved; prepared once.
    assertThat(steep.asked).isEqualTo(3 * (1 + halved));
    assertThat(steep.prepared).isOne();
    assertThat(actual.memory).containsEntry("asked", 3.0).containsEntry("prepared", 1.0);
    assertThat(actual.memory).containsEntry("float16.updatesThatWentWell", 1.0);
    // As MixedPrecisionTest says: 78 roundings of 2^-11.
    assertThat(actual.updates.get(0).gradientNorm() / expected.updates.get(0).gradientNorm())
        .isCloseTo(1, within(9 * 0x1p-11));
    assertThat(actual.updates.get(0).isFinite()).isTrue();
  }

  /** A smaller scale is taken back just the same; what the two differ by are subnormal numbers. */
  @Test
  void update_scaleIsTakenBack() {
    ObjectiveMemory memory = new ObjectiveMemory();
    memory.set(SCALE, 0x1p13);
    Result usual = updated(Precision.FLOAT16_MIXED, new Counting(0x1p-3), 1);
    try (TrainableCausalLm model = TinyModel.reciting(Precision.FLOAT16_MIXED);
        Updates updates = updates(model, new Counting(0x1p-3), memory)) {
      UpdateResult smaller = updates.update(1, DATA, tokens -> {});

      assertThat(usual.memory).doesNotContainKey(SCALE);
      assertThat(memory.numbers()).containsEntry(SCALE, 0x1p13);
      double norm = usual.updates.get(0).gradientNorm();
      assertThat(smaller.gradientNorm()).isCloseTo(norm, within(0x1p-11 * norm));
      assertThat(smaller.loss()).isEqualTo(usual.updates.get(0).loss());
    }
  }

  /** Without a scale, gradients of this size are lost in half precision. */
  @Test
  void update_tinyGradient() {
    double factor = 0x1p-20;
    double expected =
        updated(Precision.FLOAT32, new Counting(factor), 1).updates.get(0).gradientNorm();
    assertThat(expected).isLessThan(1e-5).isPositive();

    double actual =
        updated(Precision.FLOAT16_MIXED, new Counting(factor), 1).updates.get(0).gradientNorm();

    assertThat(actual / expected).isCloseTo(1, within(0.05));
  }

  @Test
  void update_scaleDoublesAfterSixteen() {
    assertThat(updated(Precision.FLOAT16_MIXED, new Counting(0x1p-3), 15).memory)
        .doesNotContainKey(SCALE);
    assertThat(updated(Precision.FLOAT16_MIXED, new Counting(0x1p-3), 16).memory)
        .containsEntry(SCALE, 0x1p17)
        .containsEntry("float16.updatesThatWentWell", 0.0);
  }

  /** Beyond what any scale can cure: the objective's own gradient is not finite. */
  @Test
  void update_notFiniteAtAnyScale() {
    Counting infinite = new Counting(0x1p100);
    Result result = updated(Precision.FLOAT16_MIXED, infinite, 1);

    assertThat(result.updates.get(0).isFinite()).isFalse();
    assertThat(result.memory).containsEntry(SCALE, 1.0);
    assertThat(infinite.asked).isEqualTo(3 * 17);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLOAT16_MIXED")
  void update_noScale(Precision precision) {
    assertThat(updated(precision, new Counting(0x1p12), 1).memory)
        .containsOnlyKeys("prepared", "asked");
  }
}
