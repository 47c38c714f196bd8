package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.HealthBound;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;

/** What tests of {@link Unlearner} work with: sets, and recipes that end in known ways. */
final class Recipes {
  static final ForgetSet SET = TinyModel.recited();
  static final Corpus UNSEEN = TinyModel.unseen();
  static final int ORDER = 3;
  static final HealthBound ANYTHING = new HealthBound(1000, 1);

  private Recipes() {}

  /** Decided by one cheap number, so that a test needs no thresholds. */
  static final StoppingCriterion HALF_FORGOTTEN =
      progress ->
          progress.measure(MemorizationAccuracy.of()).value() < 0.5
              ? Decision.forgotten("half forgotten")
              : Decision.proceed();

  static UnlearnerBuilder measured() {
    return measured(1e-3);
  }

  static UnlearnerBuilder measured(double learningRate) {
    return Unlearner.builder()
        .unseen(UNSEEN)
        .order(ORDER)
        .healthBound(ANYTHING)
        .optimizer(Optimizers.adam(learningRate));
  }

  static UnlearnerBuilder until(int epochs) {
    return Unlearner.builder()
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(
            progress ->
                progress.epoch() < epochs ? Decision.proceed() : Decision.forgotten("enough"));
  }

  static UnlearnerBuilder harming(HealthBound bound) {
    return Unlearner.builder()
        .unseen(UNSEEN)
        .healthBound(bound)
        .optimizer(Optimizers.adam(5e-2))
        .stopWhen(
            progress -> progress.epoch() < 5 ? Decision.proceed() : Decision.forgotten("enough"));
  }

  static UnlearnerBuilder givingUpAfter(int epochs) {
    StoppingCriterion never = progress -> Decision.proceed();
    return Unlearner.builder()
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(never.or(StoppingCriteria.maxEpochs(epochs)));
  }

  static void assertRestored(ForgetReport report, TrainableCausalLm model, String original) {
    assertThat(report.restored()).isTrue();
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
    assertThat(report.digests())
        .containsEntry("model.before", original)
        .containsEntry("model.after", original);
  }
}
