package dev.unlearn;

import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.UNSEEN;
import static dev.unlearn.Recipes.assertRestored;
import static dev.unlearn.Recipes.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Guards in real runs: gradient ascent does harm, and memorization accuracy falls step by step. */
@Tag("engine")
final class UnlearnerGuardTest extends WithRecitingModel {
  private static final double SHARE = 0.25;
  private static final StoppingCriterion NEVER =
      progress -> {
        assertThat(progress.measure(MemorizationAccuracy.of())).isNotNull();
        return Decision.proceed();
      };

  @Test
  void guard_endsTheRunAtItsBound() {
    ForgetReport report = guarded().build().forget(model, SET);
    List<EpochReport> epochs = report.epochs();
    double start = perplexity(epochs.get(0));
    assertThat(epochs).hasSizeGreaterThan(3);
    assertThat(epochs.subList(0, epochs.size() - 1))
        .allMatch(epoch -> perplexity(epoch) <= start * (1 + SHARE))
        .allMatch(epoch -> epoch.decision().equals(Decision.proceed()));
    double last = perplexity(epochs.get(epochs.size() - 1));
    assertThat(last).isGreaterThan(start * (1 + SHARE));

    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.criterionMet()).isFalse();
    assertThat(report.weightsOfEpoch()).isZero();
    assertThat(report.reason())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "guard: perplexity on Corpus[sequences=16] must be at most %.6g, but was: %.6g; it"
                    + " was %.6g before, max-increase 0.25",
                start * (1 + SHARE),
                last,
                start));
    assertThat(epochs.get(epochs.size() - 1).decision())
        .isEqualTo(Decision.giveUp(report.reason()));
    assertThat(report.settings())
        .containsEntry("guard", "max-increase(perplexity on Corpus[sequences=16], 0.25)");
    assertRestored(report, model, original);
  }

  /** What the guard measures is in every epoch's report, and is what anyone would measure. */
  @Test
  void guard_valuesAreReported() {
    double before = Perplexity.of().measure(model, UNSEEN.sequences()).value();
    ForgetReport report = guarded().onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
    assertThat(report.epochs())
        .allSatisfy(epoch -> assertThat(epoch.otherMetrics()).containsOnlyKeys("perplexity"));
    assertThat(perplexity(report.epochs().get(0))).isEqualTo(before);
    assertThat(perplexity(report.epochs().get(report.epochCount())))
        .isEqualTo(Perplexity.of().measure(model, UNSEEN.sequences()).value());
  }

  /** The health bound did not accept the best weights either. */
  @Test
  void keepBest_harmful() {
    ForgetReport report =
        Unlearner.builder()
            .unseen(UNSEEN)
            .healthBound(new HealthBound(0, 0))
            .optimizer(Optimizers.adam(1e-2))
            .stopWhen(NEVER.or(StoppingCriteria.maxEpochs(3)))
            .onGiveUp(GiveUp.KEEP_BEST)
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).isEqualTo("not forgotten after 3 epochs, and unseen text suffered");
    assertThat(report.health()).isPresent();
    assertThat(report.weightsOfEpoch()).isZero();
    assertRestored(report, model, original);
  }

  /** Two corpora, of which the first is not measured in every epoch. */
  @Test
  void otherMetrics_keysStay() {
    Corpus sometimes = Corpus.of(SET.sequences());
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(1e-3))
            .stopWhen(
                progress -> {
                  if (progress.epoch() % 2 == 0) {
                    assertThat(progress.measure(MemorizationAccuracy.of(), sometimes)).isNotNull();
                  }
                  assertThat(progress.measure(MemorizationAccuracy.of(), UNSEEN)).isNotNull();
                  return progress.epoch() < 2 ? Decision.proceed() : Decision.forgotten("enough");
                })
            .build()
            .forget(model, SET);
    assertThat(report.epochs().stream().map(epoch -> epoch.otherMetrics().keySet()))
        .containsExactly(Set.of("ma", "ma#2"), Set.of("ma#2"), Set.of("ma", "ma#2"));
  }

  @Test
  void guard_keepBest() {
    UtilityGuard perplexity = UtilityGuards.perplexity(UNSEEN).maxIncrease(SHARE);
    ForgetReport report =
        recipe(
                progress -> {
                  assertThat(progress.measure(MemorizationAccuracy.of())).isNotNull();
                  return perplexity.violation(progress);
                })
            .stopWhen(progress -> Decision.proceed())
            .onGiveUp(GiveUp.KEEP_BEST)
            .build()
            .forget(model, SET);
    int best = 0;
    for (EpochReport epoch : report.epochs().subList(0, report.epochCount())) {
      if (accuracy(epoch) < accuracy(report.epochs().get(best))) {
        best = epoch.epoch();
      }
    }
    assertThat(best).isPositive();
    // The last epoch knows the set less, but the guard did not accept it.
    assertThat(accuracy(report.epochs().get(report.epochCount())))
        .isLessThan(accuracy(report.epochs().get(best)));
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.restored()).isFalse();
    assertThat(report.weightsOfEpoch()).isEqualTo(best);
    assertThat(report.reason()).startsWith("guard: perplexity on ");
    assertThat(WeightsDigest.of(model)).isEqualTo(digestAfter(best));
    assertThat(report.digests()).containsEntry("model.after", digestAfter(best));
  }

  @Test
  void guard_keepLast() {
    ForgetReport report = guarded().onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.weightsOfEpoch()).isEqualTo(report.epochCount());
    assertThat(WeightsDigest.of(model)).isEqualTo(digestAfter(report.epochCount()));
  }

  /** The criterion is not asked about weights that a guard refuses. */
  @Test
  void guard_comesBeforeTheCriterion() {
    List<Integer> asked = new ArrayList<>();
    ForgetReport report =
        Unlearner.builder()
            .guard(progress -> progress.epoch() < 2 ? Optional.empty() : Optional.of("harm"))
            .stopWhen(
                progress -> {
                  asked.add(progress.epoch());
                  return progress.epoch() < 2 ? Decision.proceed() : Decision.forgotten("enough");
                })
            .build()
            .forget(model, SET);
    assertThat(report.reason()).isEqualTo("guard: harm");
    assertThat(asked).containsExactly(0, 1);
    assertRestored(report, model, original);
  }

  @Test
  void guard_refusesTheOriginal() {
    ForgetReport report =
        recipe(UtilityGuards.perplexity(UNSEEN).atMost(1))
            .stopWhen(NEVER)
            .onGiveUp(GiveUp.KEEP_BEST)
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.epochCount()).isZero();
    assertThat(report.reason())
        .startsWith("guard: perplexity on Corpus[sequences=16] must be at most 1.00000, but was: ");
    assertRestored(report, model, original);
  }

  /** Of two chunks the first is done when the guard objects to the second. */
  @Test
  void guard_inALaterLot() {
    UtilityGuard guard = progress -> progress.epoch() < 5 ? Optional.empty() : Optional.of("harm");
    StoppingCriterion criterion =
        progress ->
            progress.epoch() == 2 && progress.lotEpoch() == 2
                ? Decision.forgotten("chunk")
                : NEVER.evaluate(progress);
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(5e-3))
            .strategy(Strategies.sequential(2))
            .guard(guard)
            .stopWhen(criterion)
            .onGiveUp(GiveUp.KEEP_BEST)
            .build()
            .forget(model, SET);
    assertThat(report.epochs()).extracting(EpochReport::epoch).containsExactly(0, 1, 2, 2, 3, 4, 5);
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.weightsOfEpoch()).isBetween(1, 4);
    assertThat(report.criterionMet()).isFalse();
  }

  @Test
  void baseline_isEpochZerosValue() {
    List<MetricResult> lotBaselines = new ArrayList<>();
    List<MetricResult> baselines = new ArrayList<>();
    ForgetReport report =
        recipe(
                progress -> {
                  assertThat(progress.measure(Perplexity.of(), UNSEEN)).isNotNull();
                  lotBaselines.add(progress.baseline(MemorizationAccuracy.of()));
                  baselines.add(progress.baseline(Perplexity.of(), UNSEEN));
                  return Optional.empty();
                })
            .stopWhen(NEVER.or(StoppingCriteria.maxEpochs(3)))
            .build()
            .forget(model, SET);
    EpochReport zero = report.epochs().get(0);
    assertThat(lotBaselines).hasSize(4).containsOnly(zero.metrics().get("ma"));
    assertThat(baselines).hasSize(4).containsOnly(zero.otherMetrics().get("perplexity"));
  }

  /** Asked for late, it takes the original weights back for a moment, and changes nothing. */
  @Test
  void baseline_askedForLate() {
    MetricResult before = TokenLoss.of().measure(model, UNSEEN.sequences());
    MetricResult lotBefore = TokenLoss.of().measure(model, SET.sequences());
    List<MetricResult> baselines = new ArrayList<>();
    ForgetReport report =
        until(3)
            .guard(
                progress -> {
                  if (progress.epoch() == 2) {
                    baselines.add(progress.baseline(TokenLoss.of(), UNSEEN));
                    baselines.add(progress.baseline(TokenLoss.of()));
                  }
                  return Optional.empty();
                })
            .build()
            .forget(model, SET);
    assertThat(baselines).containsExactly(before, lotBefore);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.epochs()).allMatch(epoch -> epoch.otherMetrics().isEmpty());
    try (TrainableCausalLm again = TinyModel.reciting()) {
      assertThat(until(3).build().forget(again, SET).outcome()).isEqualTo(Outcome.FORGOTTEN);
      assertThat(WeightsDigest.of(model)).isEqualTo(WeightsDigest.of(again));
    }
  }

  /** A later lot's start is what the original model knew of it, not what earlier lots left. */
  @Test
  void baseline_ofALaterLot() {
    MetricResult before = TokenLoss.of().measure(model, SET.sequences().subList(3, 6));
    List<MetricResult> baselines = new ArrayList<>();
    List<MetricResult> atTheLotsBeginning = new ArrayList<>();
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(1e-3))
            .strategy(Strategies.sequentialOnce(2))
            .stopWhen(
                progress -> {
                  if (progress.epoch() >= 2 && progress.lotEpoch() < 2) {
                    baselines.add(progress.baseline(TokenLoss.of()));
                    atTheLotsBeginning.add(progress.measure(TokenLoss.of()));
                  }
                  return progress.lotEpoch() < 2
                      ? Decision.proceed()
                      : Decision.forgotten("enough");
                })
            .build()
            .forget(model, SET);
    assertThat(report.epochCount()).isEqualTo(4);
    assertThat(baselines).containsExactly(before, before);
    assertThat(atTheLotsBeginning.get(0)).isNotEqualTo(before);
  }

  /** Values of the epoch before are not those of weights that became NaN. */
  @Test
  void diverged_reportsNoStaleValues() {
    int[] calls = {0};
    ForgetReport report =
        guarded()
            .objective(
                context ->
                    context
                        .forget()
                        .tokenMean(context.forget().pass().logProbabilities())
                        .mul(++calls[0] < 2 ? 1 : Float.NaN))
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
    assertThat(report.epochs()).hasSize(3);
    assertThat(report.epochs().get(1).otherMetrics()).isNotEmpty();
    assertThat(report.epochs().get(2).otherMetrics()).isEmpty();
    assertThat(report.epochs().get(2).metrics()).isEmpty();
  }

  @Test
  void check_textsTheTokenizerRefuses() {
    assertRefused(
        Corpus.ofTexts(List.of("abc", "")),
        "guard max-increase(perplexity on Corpus[texts=2], 0.25): text 1: ");
  }

  @Test
  void check_sequenceWithoutTargets() {
    assertRefused(
        Corpus.of(List.of(TokenSequence.of(1))),
        "guard max-increase(perplexity on Corpus[sequences=1], 0.25): length (1) of sequence 0 must"
            + " be > 1; perplexity is undefined for it");
  }

  @Test
  void check_sequenceBeyondTheContext() {
    assertRefused(
        Corpus.of(TinyModel.random(1, 2, TinyModel.CONTEXT + 1)),
        "guard max-increase(perplexity on Corpus[sequences=2], 0.25): sequence 0 has 33 tokens;"
            + " the model's context length allows at most 32");
  }

  @Test
  void check_idOutsideTheVocabulary() {
    assertRefused(
        Corpus.of(List.of(TokenSequence.of(1, 2), TokenSequence.of(1, 2, 20))),
        "guard max-increase(perplexity on Corpus[sequences=2], 0.25): sequence 1 must hold ids of"
            + " the vocabulary, [0, 20), but holds another at position 2");
  }

  private void assertRefused(Corpus validation, String message) {
    assertThatThrownBy(
            () ->
                recipe(UtilityGuards.perplexity(validation).maxIncrease(SHARE))
                    .stopWhen(NEVER)
                    .build()
                    .forget(model, SET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  private static UnlearnerBuilder guarded() {
    return recipe(UtilityGuards.perplexity(UNSEEN).maxIncrease(SHARE))
        .stopWhen(NEVER.or(StoppingCriteria.maxEpochs(60)));
  }

  private static UnlearnerBuilder recipe(UtilityGuard guard) {
    return Unlearner.builder().optimizer(Optimizers.adam(1e-3)).guard(guard);
  }

  /** What the same run has after some epochs without a guard. */
  private static String digestAfter(int epochs) {
    try (TrainableCausalLm again = TinyModel.reciting()) {
      assertThat(until(epochs).build().forget(again, SET).epochCount()).isEqualTo(epochs);
      return WeightsDigest.of(again);
    }
  }

  private static double perplexity(EpochReport epoch) {
    return epoch.otherMetrics().get("perplexity").value();
  }

  private static double accuracy(EpochReport epoch) {
    return epoch.metrics().get("ma").value();
  }
}
