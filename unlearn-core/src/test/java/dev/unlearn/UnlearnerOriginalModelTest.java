package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.GiveUp;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A second copy that answers for the original model against the run's own snapshot. */
@Tag("engine")
final class UnlearnerOriginalModelTest {
  private static final Map<String, Objective> COMPARING =
      Map.of(
          "likelihoods", Objectives.npo(0.5),
          "logits", Objectives.undial(3),
          "retained logits", Objectives.gradientAscent().withRetain(1, RetainTerms.kl()),
          "states", Objectives.rmu(1, 5, 7).withRetain(1, RetainTerms.hiddenStates(1)));

  @ParameterizedTest
  @ValueSource(strings = {"likelihoods", "logits", "retained logits", "states"})
  void forget_sameWeights(String what) {
    Objective objective = COMPARING.get(what);
    try (TrainableCausalLm one = TinyModel.gpt2(1);
        TrainableCausalLm other = TinyModel.gpt2(1);
        TrainableCausalLm copy = TinyModel.gpt2(1)) {
      String before = WeightsDigest.of(copy);
      ForgetReport plain = forget(objective, one, null);
      ForgetReport compared = forget(objective, other, copy);

      assertThat(compared.epochCount()).isEqualTo(plain.epochCount()).isEqualTo(3);
      assertThat(WeightsDigest.of(other)).isEqualTo(WeightsDigest.of(one)).isNotEqualTo(before);
      assertThat(WeightsDigest.of(copy)).isEqualTo(before);
    }
  }

  @Test
  void forget_theModelItself() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      assertThatThrownBy(() -> forget(Objectives.npo(0.5), model, model))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("originalModel must be a copy of the model, but was the model");
    }
  }

  @Test
  void forget_anotherModel() {
    try (TrainableCausalLm model = TinyModel.gpt2(1);
        TrainableCausalLm copy = TinyModel.gpt2(2)) {
      String before = WeightsDigest.of(model);
      assertThatThrownBy(() -> forget(Objectives.npo(0.5), model, copy))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching(
              "originalModel must say what the model says, but its loss on the forget set is"
                  + " [0-9.]+, and the model's is [0-9.]+");
      assertThat(WeightsDigest.of(model)).isEqualTo(before);
    }
  }

  private static ForgetReport forget(
      Objective objective, TrainableCausalLm model, @Nullable TrainableCausalLm copy) {
    RunOptions.Builder options = RunOptions.builder();
    if (copy != null) {
      options.originalModel(copy);
    }
    UnlearnerBuilder builder =
        Unlearner.builder()
            .objective(objective)
            .optimizer(Optimizers.adam(1e-3))
            .stopWhen(StoppingCriteria.maxEpochs(3))
            .onGiveUp(GiveUp.KEEP_LAST);
    if (!objective.needs().isEmpty() && objective.description().contains("+")) {
      builder.retain(Corpus.of(TinyModel.random(5, 2, 12)));
    }
    return builder.build().forget(model, TinyModel.recited(), options.build());
  }
}
