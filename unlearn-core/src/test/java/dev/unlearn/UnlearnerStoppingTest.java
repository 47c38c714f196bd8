package dev.unlearn;

import static dev.unlearn.Recipes.ORDER;
import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.UNSEEN;
import static dev.unlearn.Recipes.assertRestored;
import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Stopping criteria in real runs. */
@Tag("engine")
final class UnlearnerStoppingTest {
  private TrainableCausalLm model;
  private ForgettingThresholds thresholds;

  @BeforeEach
  void openModel() {
    model = TinyModel.reciting();
    thresholds = ForgettingThresholds.measure(model, UNSEEN, ORDER);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  @Test
  void everyForgotten_isTrueOfEverySequence() {
    ForgetReport report = everyForgotten().build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.sequencesAbove()).isEmpty();
    MetricResult ma = MemorizationAccuracy.of().measure(model, SET.sequences());
    MetricResult el = ExtractionLikelihood.of(ORDER).measure(model, SET.sequences());
    assertThat(IntStream.range(0, SET.size()))
        .allMatch(i -> thresholds.forgotten(el.perSequence().get(i), ma.perSequence().get(i)));
    assertThat(report.after()).containsEntry("ma", ma).containsEntry("el_3", el);
  }

  /** Extraction likelihood of a part is what it is of the whole, and NaN where nobody decodes. */
  @Test
  void everyForgotten_measuresWhatHasPassed() {
    String key = "el_3_where_ma_below_" + thresholds.maThreshold();
    List<MetricResult> whole = new ArrayList<>();
    StoppingCriterion alsoWhole =
        progress -> {
          whole.add(progress.measure(ExtractionLikelihood.of(ORDER)));
          return Decision.proceed();
        };
    ForgetReport report =
        everyForgotten(StoppingCriteria.everyForgotten(thresholds).or(alsoWhole))
            .build()
            .forget(model, SET);
    int compared = 0;
    for (EpochReport epoch : report.epochs()) {
      if (epoch.metrics().containsKey(key)) {
        List<Double> part = epoch.metrics().get(key).perSequence();
        List<Double> ma = epoch.metrics().get("ma").perSequence();
        List<Double> all = whole.get(epoch.epoch()).perSequence();
        for (int i = 0; i < SET.size(); i++) {
          boolean passed = thresholds.maBelow(ma.get(i));
          Double expected = passed ? all.get(i) : (Double) Double.NaN;
          assertThat(part.get(i)).isEqualTo(expected);
        }
        compared++;
      }
    }
    assertThat(compared).isPositive();
  }

  /** Only sequences that passed are decoded, and of those what the epoch does not know yet. */
  @Test
  void everyForgotten_decodesNoOther() {
    DelegatingCausalLm counting = new DelegatingCausalLm(model);
    StoppingCriterion every = StoppingCriteria.everyForgotten(thresholds);
    List<Integer> continued = new ArrayList<>();
    ForgetReport report =
        everyForgotten(
                progress -> {
                  counting.continued = 0;
                  Decision decision = every.evaluate(progress);
                  continued.add(counting.continued);
                  return decision;
                })
            .build()
            .forget(counting, SET);
    for (EpochReport epoch : report.epochs()) {
      boolean nonePassed =
          epoch.metrics().get("ma").perSequence().stream().noneMatch(thresholds::maBelow);
      assertThat(continued.get(epoch.epoch()) == 0).isEqualTo(nonePassed);
    }
  }

  /** A limit behind the criterion does not hide which sequences are forgotten. */
  @Test
  void everyForgotten_retiringLot() {
    List<Long> updated = new ArrayList<>();
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress now) {
            if (now.phase() == RunProgress.Phase.UPDATING && now.doneTokens() == 0) {
              updated.add(now.totalTokens());
            }
          }
        };
    ForgetReport report =
        everyForgotten(
                StoppingCriteria.everyForgotten(thresholds).or(StoppingCriteria.maxEpochs(200)))
            .strategy(
                (set, history) ->
                    history.isEmpty()
                        ? Optional.of(Lot.of(List.of(0, 1, 2, 3, 4, 5)).withRetiring())
                        : Optional.empty())
            .build()
            .forget(model, SET, RunOptions.builder().listener(listener).build());
    List<Long> expected = new ArrayList<>();
    for (EpochReport epoch : report.epochs()) {
      if (epoch.decision() instanceof Decision.Proceed proceed) {
        expected.add((long) TinyModel.LENGTH * (SET.size() - proceed.forgotten().size()));
      }
    }
    assertThat(updated).isEqualTo(expected);
    assertThat(expected).anyMatch(tokens -> tokens < 72);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
  }

  @Test
  void forgottenWithin_leapsOverTheInterval() {
    String original = WeightsDigest.of(model);
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(0.2))
            .stopWhen(StoppingCriteria.forgottenWithin(thresholds, thresholds.maThreshold() - 1e-6))
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.GAVE_UP);
    assertThat(report.reason()).startsWith("over-unlearned: mean MA ");
    assertRestored(report, model, original);
  }

  @Test
  void patience_endsAStalledRun() {
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.sgd(1e-9))
            .stopWhen(StoppingCriteria.patience(TokenLoss.of(), 3, 1e-3))
            .build()
            .forget(model, SET);
    assertThat(report.epochCount()).isEqualTo(3);
    assertThat(report.reason()).startsWith("stalled: for 3 epochs loss was not more than 0.001");
    assertThat(report.epochs()).allMatch(epoch -> epoch.metrics().containsKey("loss"));
  }

  @Test
  void aboveBaseline_ofTheLot() {
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.adam(1e-3))
            .stopWhen(
                StoppingCriteria.aboveBaseline(TokenLoss.of(), 3)
                    .and(StoppingCriteria.above(TokenLoss.of(), UNSEEN, 0))
                    .or(StoppingCriteria.maxTotalEpochs(100)))
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    double start = report.epochs().get(0).metrics().get("loss").value();
    int last = report.epochCount();
    assertThat(report.epochs().get(last).metrics().get("loss").value()).isGreaterThan(3 * start);
    assertThat(report.epochs().subList(0, last))
        .allMatch(epoch -> epoch.metrics().get("loss").value() <= 3 * start);
    // The second is asked only where the first is content.
    assertThat(report.epochs().subList(0, last)).allMatch(e -> e.otherMetrics().isEmpty());
    assertThat(report.epochs().get(last).otherMetrics()).containsOnlyKeys("loss");
  }

  @Test
  void maxDuration_endsTheRun() {
    ForgetReport report =
        Unlearner.builder()
            .stopWhen(StoppingCriteria.maxDuration(Duration.ofNanos(1)))
            .build()
            .forget(model, SET);
    assertThat(report.epochCount()).isEqualTo(1);
    assertThat(report.reason()).isEqualTo("not forgotten within PT0.000000001S");
  }

  private UnlearnerBuilder everyForgotten() {
    return everyForgotten(StoppingCriteria.everyForgotten(thresholds));
  }

  private static UnlearnerBuilder everyForgotten(StoppingCriterion criterion) {
    return Unlearner.builder()
        .optimizer(Optimizers.adam(1e-3))
        .stopWhen(criterion.or(StoppingCriteria.maxEpochs(200)));
  }
}
