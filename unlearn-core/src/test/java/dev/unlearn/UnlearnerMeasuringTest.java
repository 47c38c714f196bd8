package dev.unlearn;

import static dev.unlearn.Recipes.ORDER;
import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.UNSEEN;
import static dev.unlearn.Recipes.measured;
import static dev.unlearn.Recipes.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class UnlearnerMeasuringTest {
  private TrainableCausalLm model;

  @BeforeEach
  void openModel() {
    model = TinyModel.reciting();
  }

  @AfterEach
  void closeModel() {
    model.close();
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
                    .isEqualTo(thresholds.maBelow(epoch.metrics().get("ma").value())));
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

  /** The door for a faster engine: a run asks the model itself, with the scores it has. */
  @Test
  void forget_asksTheModelToContinue() {
    int[] asked = {0};
    DelegatingCausalLm counting =
        new DelegatingCausalLm(model) {
          @Override
          public List<GreedyContinuations> continueGreedily(
              List<TokenSequence> sequences,
              List<int[]> prefixLengths,
              List<TokenScores> scores,
              int order,
              DecodingListener listener) {
            asked[0]++;
            assertThat(scores).extracting(TokenScores::sequence).isEqualTo(sequences);
            return super.continueGreedily(sequences, prefixLengths, scores, order, listener);
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
    public boolean higherMeansKnown() {
      return true;
    }
  }
}
