package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Health;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import dev.unlearn.training.WeightsDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class UnlearnerTest {
  private static final ForgetSet SET = TinyModel.recited();
  private static final Corpus UNSEEN = TinyModel.unseen();
  private static final int ORDER = 3;
  private static final HealthBound ANYTHING = new HealthBound(1000, 1);

  /** Decided by one cheap number, so that a test needs no thresholds. */
  private static final StoppingCriterion HALF_FORGOTTEN =
      progress ->
          progress.measure(MemorizationAccuracy.of()).value() < 0.5
              ? Decision.forgotten("half forgotten")
              : Decision.proceed();

  private TrainableCausalLm model;
  private String original;

  @BeforeEach
  void openModel() {
    model = TinyModel.reciting();
    original = WeightsDigest.of(model);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  @Test
  void forget_untilLikeUnseen() {
    ForgettingThresholds thresholds = ForgettingThresholds.measure(model, UNSEEN, ORDER);
    ForgetReport report = measured().build().forget(model, SET);

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.forgotten()).isTrue();
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
    // Gradient ascent minimises the mean log-probability, which is minus the loss.
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
  void forget_extractionLikelihoodOnlyOnceAccuracyPassed() {
    ForgettingThresholds thresholds = ForgettingThresholds.measure(model, UNSEEN, ORDER);
    ForgetReport report = measured().build().forget(model, SET);
    List<EpochReport> epochs = report.epochs();

    assertThat(epochs.get(0).metrics()).containsOnlyKeys("ma", "el_3");
    assertThat(epochs.subList(1, epochs.size()))
        .allSatisfy(
            epoch ->
                assertThat(epoch.metrics().containsKey("el_3"))
                    .isEqualTo(thresholds.accuracyPassed(epoch.metrics().get("ma").value())));
    assertThat(epochs.get(1).metrics()).containsOnlyKeys("ma");
  }

  @Test
  void forget_criterionWithoutMetricsHasNoBaselines() {
    ForgetReport report = until(2).build().forget(model, SET);
    assertThat(report.epochs()).allMatch(epoch -> epoch.metrics().isEmpty());
  }

  @Test
  void forget_sameMetricTwice() {
    CountingMetric ofLot = new CountingMetric("of_lot");
    CountingMetric ofCorpus = new CountingMetric("of_corpus");
    Corpus other = Corpus.ofTexts(List.of("abcabc", "defdef"));
    ForgetReport report =
        Unlearner.builder()
            .stopWhen(
                progress -> {
                  for (int i = 0; i < 2; i++) {
                    assertThat(progress.measure(ofLot).value()).isEqualTo(6);
                    assertThat(progress.measure(ofCorpus, other).value()).isEqualTo(2);
                  }
                  return progress.epoch() < 3 ? Decision.proceed() : Decision.forgotten("enough");
                })
            .build()
            .forget(model, SET);

    assertThat(ofLot.calls).isEqualTo(4);
    assertThat(ofCorpus.calls).isEqualTo(4);
    assertThat(report.epochs()).allMatch(e -> e.metrics().keySet().equals(Set.of("of_lot")));
  }

  @Test
  void forget_sameMetricOnOtherDataIsMeasured() {
    CountingMetric metric = new CountingMetric("count");
    Corpus one = Corpus.of(List.of(TokenSequence.of(1, 2)));
    Corpus two = Corpus.of(List.of(TokenSequence.of(1, 2), TokenSequence.of(3, 4)));
    StoppingCriterion criterion =
        progress -> {
          assertThat(progress.measure(metric).value()).isEqualTo(6);
          assertThat(progress.measure(metric, one).value()).isEqualTo(1);
          assertThat(progress.measure(metric, two).value()).isEqualTo(2);
          return Decision.forgotten("enough");
        };
    ForgetReport report = Unlearner.builder().stopWhen(criterion).build().forget(model, SET);
    assertThat(report.epochs()).hasSize(1);
    assertThat(metric.calls).isEqualTo(3);
  }

  @Test
  void forget_ordersShareRollouts() {
    DelegatingCausalLm counting = new DelegatingCausalLm(model);
    List<Integer> continued = new ArrayList<>();
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(2e-2))
            .stopWhen(
                progress -> {
                  counting.continued = 0;
                  MetricResult three = progress.measure(ExtractionLikelihood.of(3));
                  int first = counting.continued;
                  MetricResult five = progress.measure(ExtractionLikelihood.of(5));
                  assertThat(progress.measure(ExtractionLikelihood.of(3))).isEqualTo(three);
                  assertThat(five.key()).isEqualTo("el_5");
                  continued.add(first);
                  assertThat(counting.continued).isEqualTo(first);
                  return progress.epoch() < 3 ? Decision.proceed() : Decision.forgotten("enough");
                })
            .build()
            .forget(counting, SET);

    // Nothing is mispredicted before the first update; later there is something to decode.
    assertThat(continued).startsWith(0).hasSize(4);
    assertThat(continued.get(3)).isPositive();
    // What was remembered in one epoch must not be used in the next.
    assertThat(report.after().get("el_3").value())
        .isEqualTo(ExtractionLikelihood.of(3).measure(model, SET.sequences()).value());
    assertThat(report.after().get("el_5").value())
        .isEqualTo(ExtractionLikelihood.of(5).measure(model, SET.sequences()).value());
  }

  @Test
  void forget_metricsShareScores() {
    DelegatingCausalLm counting = new DelegatingCausalLm(model);
    scoredBy(counting, List.of(MemorizationAccuracy.of(), TokenLoss.of(), TokenLoss.of()));
  }

  /** Extraction likelihood begins with the same teacher-forced pass. */
  @Test
  void forget_extractionLikelihoodSharesScores() {
    DelegatingCausalLm counting = new DelegatingCausalLm(model);
    scoredBy(counting, List.of(MemorizationAccuracy.of(), ExtractionLikelihood.of(3)));
  }

  private static void scoredBy(DelegatingCausalLm counting, List<Metric> metrics) {
    List<Integer> scored = new ArrayList<>();
    StoppingCriterion criterion =
        progress -> {
          counting.scored = 0;
          metrics.forEach(metric -> assertThat(progress.measure(metric)).isNotNull());
          scored.add(counting.scored);
          return progress.epoch() < 2 ? Decision.proceed() : Decision.forgotten("enough");
        };
    ForgetReport report = Unlearner.builder().stopWhen(criterion).build().forget(counting, SET);
    assertThat(report.epochCount()).isEqualTo(2);
    assertThat(scored).containsExactly(6, 6, 6);
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
    assertThat(report.forgotten()).isFalse();
    assertThat(report.epochCount()).isEqualTo(2);
    assertRestored(report);
  }

  @Test
  void forget_maxEpochsBesideUnseen() {
    ForgetReport report = measured().maxEpochs(1).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).isEqualTo("not forgotten after 1 epochs");
    assertThat(report.health()).isEmpty();
    assertRestored(report);
  }

  @Test
  void forget_keptWeightsAreMeasured() {
    ForgetReport report =
        measured().maxEpochs(1).onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.health()).isPresent();
    assertThat(report.health().get().lossAfter()).isNotEqualTo(report.health().get().lossBefore());
  }

  /** The door for a faster engine: a run asks the model itself, with the scores it has. */
  @Test
  void forget_asksTheModelToContinue() {
    int[] asked = {0};
    DelegatingCausalLm counting =
        new DelegatingCausalLm(model) {
          @Override
          public List<GreedyContinuations> continueGreedily(
              List<TokenSequence> sequences, List<int[]> prefixLengths, List<TokenScores> scores) {
            asked[0]++;
            assertThat(scores).extracting(TokenScores::sequence).isEqualTo(sequences);
            return super.continueGreedily(sequences, prefixLengths, scores);
          }
        };
    assertThat(measured().maxEpochs(1).build().forget(counting, SET).epochs()).isNotEmpty();
    assertThat(asked[0]).isPositive();
  }

  @Test
  void forget_progressOfMeasuring() {
    List<RunProgress> heard = new ArrayList<>();
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            heard.add(progress);
          }
        };
    RunOptions options = RunOptions.builder().listener(listener).build();
    assertThat(measured().maxEpochs(1).build().forget(model, SET, options).epochs()).isNotEmpty();

    assertThat(heard)
        .filteredOn(p -> p.phase() == RunProgress.Phase.MEASURING)
        .extracting(RunProgress::what)
        .contains("health on unseen text", "thresholds on unseen text", "ma");
    assertThat(heard).allMatch(p -> p.doneTokens() <= p.totalTokens());
    for (String what : List.of("health on unseen text", "thresholds on unseen text", "ma")) {
      assertThat(heard)
          .filteredOn(p -> p.what().equals(what))
          .anyMatch(p -> p.doneTokens() == 0)
          .anyMatch(p -> p.doneTokens() == p.totalTokens());
    }
  }

  @Test
  void forget_maxEpochsKeepingTheLast() {
    ForgetReport report = givingUpAfter(2).onGiveUp(GiveUp.KEEP_LAST).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.PARTIAL);
    assertThat(report.reason()).isEqualTo("not forgotten after 2 epochs");
    assertThat(report.forgotten()).isFalse();
    assertThat(report.restored()).isFalse();
    assertThat(WeightsDigest.of(model)).isNotEqualTo(original);
    assertThat(report.digests()).containsEntry("model.after", WeightsDigest.of(model));
  }

  @Test
  void forget_damaged() {
    ForgetReport report = harming(new HealthBound(0, 0)).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DAMAGED);
    assertThat(report.reason()).isEqualTo("enough, but unseen text suffered");
    assertThat(report.forgotten()).isTrue();
    assertThat(report.health().orElseThrow().healthy()).isFalse();
    assertRestored(report);
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
  void forget_sequential() {
    List<CountingState> states = new ArrayList<>();
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(3))
            .optimizer(counting(Optimizers.adam(2e-3), states))
            .stopWhen(HALF_FORGOTTEN.or(StoppingCriteria.maxEpochs(200)))
            .build()
            .forget(model, SET);

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.epochs())
        .extracting(EpochReport::lot)
        .startsWith(List.of(0, 1))
        .endsWith(List.of(4, 5));
    assertThat(new HashSet<>(report.epochs().stream().map(EpochReport::lot).toList()))
        .containsExactlyInAnyOrder(List.of(0, 1), List.of(2, 3), List.of(4, 5));
    List<EpochReport> first = report.epochs().stream().filter(e -> e.lotEpoch() == 0).toList();
    assertThat(first).hasSize(3).allMatch(epoch -> epoch.loss().isEmpty());
    assertThat(first).allMatch(epoch -> epoch.metrics().get("ma").perSequence().size() == 2);
    assertThat(report.epochCount()).isEqualTo(report.epochs().size() - 3);
    assertThat(states).hasSize(3).allMatch(state -> state.closed == 1);
    assertThat(states.stream().mapToInt(state -> state.updates).sum())
        .isEqualTo(report.epochCount());
  }

  @Test
  void forget_sequentialChunkAlreadyForgotten() {
    List<TokenSequence> sequences = new ArrayList<>(SET.sequences().subList(0, 2));
    sequences.addAll(TinyModel.random(9, 2, TinyModel.LENGTH));
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .optimizer(Optimizers.adam(2e-3))
            .stopWhen(HALF_FORGOTTEN.or(StoppingCriteria.maxEpochs(200)))
            .build()
            .forget(model, ForgetSet.of(sequences));
    List<EpochReport> second =
        report.epochs().stream().filter(epoch -> epoch.lot().equals(List.of(2, 3))).toList();
    assertThat(second).hasSize(1);
    assertThat(second.get(0).lotEpoch()).isZero();
    assertThat(second.get(0).epoch()).isEqualTo(report.epochCount()).isPositive();
    assertThat(second.get(0).decision()).isEqualTo(Decision.forgotten("half forgotten"));
  }

  /** What was measured on one lot must not be taken for the next. */
  @Test
  void forget_sequentialMeasuresEachLot() {
    List<TokenSequence> sequences = new ArrayList<>(SET.sequences().subList(0, 2));
    sequences.addAll(TinyModel.random(9, 2, TinyModel.LENGTH));
    double unknown = MemorizationAccuracy.of().measure(model, sequences.subList(2, 4)).value();
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .stopWhen(
                progress ->
                    Decision.forgotten(progress.measure(MemorizationAccuracy.of()).toString()))
            .build()
            .forget(model, ForgetSet.of(sequences));
    assertThat(unknown).isLessThan(0.5);
    assertThat(report.epochs())
        .extracting(epoch -> epoch.metrics().get("ma").value())
        .containsExactly(1.0, unknown);
  }

  @Test
  void forget_sequentialGivesUpInSecondLot() {
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(3))
            .stopWhen(
                progress ->
                    progress.lot().contains(SET.sequences().get(2))
                        ? progress.lotEpoch() < 2 ? Decision.proceed() : Decision.giveUp("no")
                        : progress.lotEpoch() < 1 ? Decision.proceed() : Decision.forgotten("yes"))
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).isEqualTo("no");
    assertThat(report.epochCount()).isEqualTo(3);
    assertThat(report.epochs()).noneMatch(epoch -> epoch.lot().contains(4));
    assertRestored(report);
  }

  @Test
  void forget_strategyFindsNothing() {
    assertThatThrownBy(
            () -> until(1).strategy((set, history) -> Optional.empty()).build().forget(model, SET))
        .isInstanceOf(UnlearningException.class)
        .hasMessageContaining(
            "strategy custom strategy must name at least one lot, but named none");
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
  }

  @Test
  void forget_sequencesAbove() {
    ForgetReport report =
        Unlearner.builder()
            .strategy(Strategies.sequential(2))
            .stopWhen(progress -> Decision.forgotten("on the mean", List.of(0, 2)))
            .build()
            .forget(model, SET);
    // Positions 0 and 2 of the lots 0, 1, 2 and 3, 4, 5.
    assertThat(report.sequencesAbove()).containsExactly(0, 2, 3, 5);
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

  private void assertRestored(ForgetReport report) {
    assertThat(report.restored()).isTrue();
    assertThat(WeightsDigest.of(model)).isEqualTo(original);
    assertThat(report.digests())
        .containsEntry("model.before", original)
        .containsEntry("model.after", original);
  }

  private static UnlearnerBuilder measured() {
    return measured(1e-3);
  }

  private static UnlearnerBuilder measured(double learningRate) {
    return Unlearner.builder()
        .unseen(UNSEEN)
        .order(ORDER)
        .healthBound(ANYTHING)
        .optimizer(Optimizers.adam(learningRate));
  }

  private static UnlearnerBuilder until(int epochs) {
    return Unlearner.builder()
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(
            progress ->
                progress.epoch() < epochs ? Decision.proceed() : Decision.forgotten("enough"));
  }

  private static UnlearnerBuilder harming(HealthBound bound) {
    return Unlearner.builder()
        .unseen(UNSEEN)
        .healthBound(bound)
        .optimizer(Optimizers.adam(5e-2))
        .stopWhen(
            progress -> progress.epoch() < 5 ? Decision.proceed() : Decision.forgotten("enough"));
  }

  private static UnlearnerBuilder givingUpAfter(int epochs) {
    StoppingCriterion never = progress -> Decision.proceed();
    return Unlearner.builder()
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(never.or(StoppingCriteria.maxEpochs(epochs)));
  }

  private static Optimizer counting(Optimizer optimizer, List<CountingState> states) {
    return new Optimizer() {
      @Override
      public OptimizerState start(NDManager manager, List<NDArray> parameters) {
        CountingState state = new CountingState(optimizer.start(manager, parameters));
        states.add(state);
        return state;
      }

      @Override
      public String description() {
        return optimizer.description();
      }
    };
  }

  private static final class CountingState implements OptimizerState {
    private final OptimizerState state;
    int updates;
    int closed;

    CountingState(OptimizerState state) {
      this.state = state;
    }

    @Override
    public void update(List<NDArray> gradients) {
      updates++;
      state.update(gradients);
    }

    @Override
    public void close() {
      closed++;
      state.close();
    }
  }

  /** Its value is the number of sequences. */
  private static final class CountingMetric implements Metric {
    private final String key;
    int calls;

    CountingMetric(String key) {
      this.key = key;
    }

    @Override
    public String key() {
      return key;
    }

    @Override
    public MetricResult measure(CausalLm lm, List<TokenSequence> sequences) {
      calls++;
      return MetricResult.of(key, sequences.size(), sequences.stream().map(s -> 1.0).toList());
    }

    @Override
    public boolean higherIsBetter() {
      return true;
    }
  }
}
