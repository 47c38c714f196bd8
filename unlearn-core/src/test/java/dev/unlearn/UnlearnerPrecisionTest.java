package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.Precision;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whole runs of mixed precision end where those of float32 end. */
@Tag("engine")
final class UnlearnerPrecisionTest {
  /** With more of them the gradient that a run begins with is rounding errors. */
  private static final int LESSONS = 40;

  /**
   * After eight updates losses differ by no more than one gradient does, 9 unit roundoffs; see
   * MixedPrecisionTest. MA is a share of 66 choices, of which 3 may flip in the last epoch or the
   * one beside it; EL, of 54 prefixes, depends on them.
   */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLOAT32")
  void forget_endsAsInFloat32(Precision precision) {
    double bound = 9 * (precision == Precision.BFLOAT16_MIXED ? 0x1p-8 : 0x1p-11);
    ForgetReport expected = run(Precision.FLOAT32);
    ForgetReport actual = run(precision);

    assertThat(actual.settings()).containsEntry("precision", precision.toString());
    assertThat(actual.outcome()).isEqualTo(expected.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(actual.epochCount()).isCloseTo(expected.epochCount(), within(1));
    double loss = expected.epochs().get(8).loss().orElseThrow();
    assertThat(actual.epochs().get(8).loss().orElseThrow())
        .isCloseTo(loss, within(bound * loss))
        .isNotEqualTo(loss);
    assertMetric(MemorizationAccuracy.of().key(), actual, expected, 3.0 / 66);
    assertMetric(ExtractionLikelihood.of(3).key(), actual, expected, 3.0 / 54);
  }

  private static void assertMetric(
      String key, ForgetReport actual, ForgetReport expected, double bound) {
    assertThat(value(last(actual), key)).isCloseTo(value(last(expected), key), within(bound));
    // What was measured before the first update is float32, of the same weights.
    assertThat(value(actual.epochs().get(0), key)).isEqualTo(value(expected.epochs().get(0), key));
  }

  private static double value(EpochReport epoch, String key) {
    return epoch.metrics().get(key).value();
  }

  private static EpochReport last(ForgetReport report) {
    return report.epochs().get(report.epochs().size() - 1);
  }

  private static ForgetReport run(Precision precision) {
    String config = TinyModel.gpt2Config(TinyModel.VOCABULARY);
    try (TrainableCausalLm taught = TinyModel.gpt2(1);
        TrainableCausalLm model = TinyModel.create(config, 1, precision)) {
      TinyModel.teach(taught, TinyModel.recited().sequences(), LESSONS);
      TorchOps.get()
          .copy(
              List.copyOf(taught.parameters().values()), List.copyOf(model.parameters().values()));
      return Unlearner.builder()
          .objective(Objectives.gradientAscent())
          .optimizer(Optimizers.adam(2e-3))
          .stopWhen(
              StoppingCriteria.below(MemorizationAccuracy.of(), 0.6)
                  .and(StoppingCriteria.below(ExtractionLikelihood.of(3), 0.5))
                  .or(StoppingCriteria.maxEpochs(30)))
          .build()
          .forget(model, TinyModel.recited());
    }
  }
}
