package dev.unlearn;

import static dev.unlearn.Recipes.ANYTHING;
import static dev.unlearn.Recipes.ORDER;
import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.UNSEEN;
import static dev.unlearn.Recipes.assertRestored;
import static dev.unlearn.Recipes.givingUpAfter;
import static dev.unlearn.Recipes.harming;
import static dev.unlearn.Recipes.measured;
import static dev.unlearn.Recipes.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Health;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class UnlearnerTest extends WithRecitingModel {
  @Test
  void forget_untilLikeUnseen() {
    ForgettingThresholds thresholds = ForgettingThresholds.measure(model, UNSEEN, ORDER);
    ForgetReport report = measured().build().forget(model, SET);

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.criterionMet()).isTrue();
    assertThat(report.restored()).isFalse();
    double ma = MemorizationAccuracy.of().measure(model, SET.sequences()).value();
    double el = ExtractionLikelihood.of(ORDER).measure(model, SET.sequences()).value();
    assertThat(thresholds.forgotten(el, ma)).isTrue();
    assertThat(report.after().get("ma").value()).isEqualTo(ma);
    assertThat(report.after().get("el_3").value()).isEqualTo(el);
    assertThat(report.before().get("ma").value()).isEqualTo(1);
    assertThat(report.before().get("el_3").value()).isEqualTo(1);
    assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
  }

  @Test
  void forget_epochs() {
    ForgetReport report = measured().build().forget(model, SET);
    List<EpochReport> epochs = report.epochs();

    assertThat(epochs).hasSizeGreaterThan(3).hasSize(report.epochCount() + 1);
    assertThat(epochs)
        .extracting(EpochReport::epoch)
        .containsExactlyElementsOf(IntStream.range(0, epochs.size()).boxed().toList());
    assertThat(epochs).allMatch(epoch -> epoch.lotEpoch() == epoch.epoch());
    assertThat(epochs).allMatch(epoch -> epoch.lot().equals(List.of(0, 1, 2, 3, 4, 5)));
    assertThat(epochs).allMatch(epoch -> epoch.metrics().get("ma").perSequence().size() == 6);
    assertThat(epochs.get(0).loss()).isEmpty();
    assertThat(epochs.get(0).objective()).isEmpty();
    assertThat(epochs.get(0).gradientNorm()).isEmpty();
    List<EpochReport> updates = epochs.subList(1, epochs.size());
    assertThat(updates)
        .extracting(epoch -> epoch.loss().getAsDouble())
        .isSorted()
        .doesNotHaveDuplicates();
    // Gradient ascent minimizes the mean log-probability, which is minus the loss.
    assertThat(updates)
        .allSatisfy(
            epoch ->
                assertThat(epoch.objective().getAsDouble())
                    .isCloseTo(-epoch.loss().getAsDouble(), within(1e-6)));
    assertThat(updates).allMatch(epoch -> epoch.gradientNorm().getAsDouble() > 0);
    assertThat(epochs.subList(0, epochs.size() - 1))
        .allMatch(epoch -> epoch.decision().equals(Decision.proceed()));
    assertThat(epochs.get(epochs.size() - 1).decision()).isInstanceOf(Decision.Forgotten.class);
  }

  @Test
  void forget_firstLossIsThatOfTheUntouchedModel() {
    double loss = TokenLoss.of().measure(model, SET.sequences()).value();
    ForgetReport report = until(2).build().forget(model, SET);
    assertThat(report.epochs().get(1).loss().getAsDouble()).isCloseTo(loss, within(1e-6));
  }

  @Test
  void forget_notBefore() {
    StoppingCriterion atOnce = progress -> Decision.forgotten("at once");
    ForgetReport report =
        Unlearner.builder().stopWhen(atOnce.notBefore(3)).build().forget(model, SET);
    assertThat(report.epochCount()).isEqualTo(3);
    assertThat(report.reason()).isEqualTo("at once");
  }

  @Test
  void forget_alreadyForgotten() {
    ForgetReport report =
        Unlearner.builder()
            .stopWhen(progress -> Decision.forgotten("at once"))
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.epochCount()).isZero();
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void forget_maxEpochs() {
    ForgetReport report = givingUpAfter(2).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).isEqualTo("not forgotten after 2 epochs");
    assertThat(report.criterionMet()).isFalse();
    assertThat(report.epochCount()).isEqualTo(2);
    assertRestored(report, model, original);
  }

  /** A criterion that never ends a run by itself. */
  @Test
  void forget_maxEpochsBesideStopWhen() {
    UnlearnerBuilder builder = Unlearner.builder().stopWhen(progress -> Decision.proceed());
    ForgetReport report = builder.maxEpochs(2).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).isEqualTo("not forgotten after 2 epochs");
    assertRestored(report, model, original);
  }

  @Test
  void settings_limitOfTheCriterionAndAnother() {
    StoppingCriterion own = StoppingCriteria.maxEpochs(2);
    assertThat(stopWhen(Unlearner.builder().stopWhen(own))).isEqualTo("max-epochs(2)");
    assertThat(stopWhen(Unlearner.builder().stopWhen(own).maxEpochs(1)))
        .isEqualTo("max-epochs(2), or max-epochs(1)");
    assertThat(stopWhen(Unlearner.builder().stopWhen(progress -> Decision.giveUp("at once"))))
        .isEqualTo("custom stopping criterion, or max-epochs(100)");
  }

  private String stopWhen(UnlearnerBuilder builder) {
    return builder.build().forget(model, SET).settings().get("stopWhen");
  }

  @Test
  void forget_maxEpochsBesideUnseen() {
    ForgetReport report = measured().maxEpochs(1).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).isEqualTo("not forgotten after 1 epochs");
    assertThat(report.health()).isEmpty();
    assertRestored(report, model, original);
  }

  @Test
  void forget_keptWeightsAreMeasured() {
    ForgetReport report =
        measured().maxEpochs(1).onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.health()).isPresent();
    assertThat(report.health().get().lossAfter()).isNotEqualTo(report.health().get().lossBefore());
  }

  @Test
  void forget_maxEpochsKeepingTheLast() {
    ForgetReport report = givingUpAfter(2).onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.reason()).isEqualTo("not forgotten after 2 epochs");
    assertThat(report.criterionMet()).isFalse();
    assertThat(report.restored()).isFalse();
    assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
    assertThat(report.digests()).containsEntry("model.after", WeightsDigest.of(model));
  }

  @Test
  void forget_damaged() {
    ForgetReport report = harming(new HealthBound(0, 0)).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DAMAGED);
    assertThat(report.reason()).isEqualTo("enough, but unseen text suffered");
    assertThat(report.criterionMet()).isTrue();
    assertThat(report.succeeded()).isFalse();
    assertThat(report.health().orElseThrow().healthy()).isFalse();
    assertRestored(report, model, original);
  }

  @Test
  void forget_damagedKeepingTheLast() {
    ForgetReport report =
        harming(new HealthBound(0, 0)).onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DAMAGED);
    assertThat(report.restored()).isFalse();
    assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
  }

  @Test
  void forget_harmWithinTheBound() {
    ForgetReport report = harming(ANYTHING).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.reason()).isEqualTo("enough");
    assertThat(report.health().orElseThrow().healthy()).isTrue();
  }

  @Test
  void forget_health() {
    double lossBefore = TokenLoss.of().measure(model, UNSEEN.sequences()).value();
    double maBefore = MemorizationAccuracy.of().measure(model, UNSEEN.sequences()).value();
    ForgetReport report = until(3).unseen(UNSEEN).healthBound(ANYTHING).build().forget(model, SET);
    Health health = report.health().orElseThrow();
    assertThat(health.lossBefore()).isEqualTo(lossBefore);
    assertThat(health.maBefore()).isEqualTo(maBefore);
    assertThat(health.lossAfter())
        .isEqualTo(TokenLoss.of().measure(model, UNSEEN.sequences()).value())
        .isNotEqualTo(lossBefore);
    assertThat(health.maAfter())
        .isEqualTo(MemorizationAccuracy.of().measure(model, UNSEEN.sequences()).value());
    assertThat(health.bound()).isEqualTo(ANYTHING);
  }

  /** Health is that of the text as it was given, cut to the context length only. */
  @Test
  void forget_healthOnOtherLengths() {
    List<TokenSequence> unseen =
        List.of(TinyModel.random(4, 1, 40).get(0), TinyModel.random(5, 1, 3).get(0));
    List<TokenSequence> cut = List.of(unseen.get(0).head(32), unseen.get(1));
    double loss = TokenLoss.of().measure(model, cut).value();
    ForgetReport report =
        until(1).unseen(Corpus.of(unseen)).healthBound(ANYTHING).build().forget(model, SET);
    assertThat(report.health().orElseThrow().lossBefore()).isEqualTo(loss);
  }

  @Test
  void forget_withoutUnseenNoHealth() {
    assertThat(until(1).build().forget(model, SET).health()).isEmpty();
  }

  @Test
  void forget_unseenTexts() {
    ForgetReport report =
        until(1)
            .unseen(Corpus.ofTexts(List.of("abcdefghijklmnopqrsabcdefghijklmnopqrs")))
            .healthBound(ANYTHING)
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.health()).isPresent();
  }

  @Test
  void forget_gptNeo() {
    try (TrainableCausalLm neo = TinyModel.gptNeo(3)) {
      TinyModel.teach(neo, SET.sequences(), 150);
      ForgetReport report = measured(1e-2).build().forget(neo, SET);
      assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
      assertThat(report.model().family()).isEqualTo("gpt_neo");
    }
  }

  @Test
  void forget_twiceEqualBits() {
    Unlearner unlearner = measured().microBatchTokens(30).build();
    ForgetReport first = unlearner.forget(model, SET);
    try (TrainableCausalLm again = TinyModel.reciting()) {
      ForgetReport second = unlearner.forget(again, SET);
      assertThat(WeightsDigest.of(again)).isEqualTo(WeightsDigest.of(model));
      assertThat(second.digests()).isEqualTo(first.digests());
      assertThat(second.after()).isEqualTo(first.after());
    }
  }

  @Test
  void forget_promptsAreNotForgotten() {
    List<TokenSequence> prompted =
        SET.sequences().stream().map(s -> s.withPromptLength(8)).toList();
    double loss = TokenLoss.of().measure(model, prompted).value();
    ForgetReport report = until(1).build().forget(model, ForgetSet.of(prompted));
    assertThat(report.targetCount()).isEqualTo(6 * 4);
    assertThat(report.epochs().get(1).loss().getAsDouble()).isCloseTo(loss, within(1e-6));
  }

  @Test
  void forget_listenersSeeEverything() {
    List<RunProgress> progress = new ArrayList<>();
    List<EpochReport> epochs = new ArrayList<>();
    List<ForgetReport> ended = new ArrayList<>();
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress now) {
            progress.add(now);
          }

          @Override
          public void epochEnded(EpochReport report) {
            epochs.add(report);
          }

          @Override
          public void ended(ForgetReport report) {
            ended.add(report);
          }
        };
    ForgetReport report =
        givingUpAfter(2)
            .microBatchTokens(24)
            .build()
            .forget(model, SET, RunOptions.builder().listener(listener).build());

    assertThat(epochs).isEqualTo(report.epochs());
    assertThat(ended).containsExactly(report);
    // Three micro-batches of two sequences: at 0 and after each.
    assertThat(progress)
        .filteredOn(now -> now.epoch() == 1)
        .extracting(RunProgress::doneTokens)
        .containsExactly(0L, 24L, 48L, 72L);
    assertThat(progress).allMatch(now -> now.totalTokens() == 72);
    assertThat(progress).allMatch(now -> now.epochLimit().getAsInt() == 2);
    assertThat(progress).allMatch(now -> now.what().equals("gradient-ascent"));
  }

  @Test
  void forget_listenerThrows() {
    UnlearningListener broken =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            throw new IllegalStateException("progressed");
          }

          @Override
          public void epochEnded(EpochReport report) {
            throw new IllegalStateException("epochEnded");
          }

          @Override
          public void ended(ForgetReport report) {
            throw new IllegalStateException("ended");
          }
        };
    ForgetReport report =
        until(1).build().forget(model, SET, RunOptions.builder().listener(broken).build());
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
  }

  @Test
  void forget_throughAWrapper() {
    ForgetReport wrapped = until(2).build().forget(new DelegatingCausalLm(model), SET);
    assertThat(wrapped.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
  }
}
