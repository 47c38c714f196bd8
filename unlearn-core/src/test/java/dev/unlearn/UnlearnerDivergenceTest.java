package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Divergence that is no NaN in the loss or the weights; that is in {@link UnlearnerFailureTest}.
 */
@Tag("engine")
final class UnlearnerDivergenceTest extends WithRecitingModel {
  private static final ForgetSet SET = TinyModel.recited();

  /** The limit lies between the norms of the first and the third update, as seen without one. */
  @Test
  void gradient_beyondTheLimit() {
    ForgetReport free = growing().build().forget(model, SET);
    double first = norm(free, 1);
    double second = norm(free, 2);
    assertThat(second).isGreaterThan(1.1 * first);
    closeModel();
    openModel();

    double limit = (first + second) / 2;
    ForgetReport report = growing().gradientLimit(limit).build().forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
    assertThat(report.reason())
        .startsWith("in epoch 2 the gradient's norm exceeded the limit of " + limit);
    assertThat(norm(report, 1)).isEqualTo(first);
    assertThat(norm(report, 2)).isEqualTo(second);
    assertRestored(report);
  }

  private static UnlearnerBuilder growing() {
    return Unlearner.builder()
        .optimizer(Optimizers.sgd(5))
        .stopWhen(p -> p.epoch() < 3 ? Decision.proceed() : Decision.forgotten("enough"));
  }

  private static double norm(ForgetReport report, int epoch) {
    return report.epochs().get(epoch).gradientNorm().orElseThrow();
  }

  /** A criterion written as "not at least" would call NaN forgotten. */
  @Test
  void metric_becomesUndefined() {
    Metric metric = new UndefinedAfter(2);
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.sgd(1e-3))
            .stopWhen(
                p ->
                    !(p.measure(metric).value() >= 0.5)
                        ? Decision.forgotten("not at least")
                        : Decision.proceed())
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
    assertThat(report.reason()).startsWith("in epoch 2 metric fading became undefined: ");
    assertThat(report.after().get("fading").value()).isNaN();
    assertRestored(report);
  }

  @Test
  void metricOfOtherData_becomesUndefined() {
    Metric metric = new UndefinedAfter(1);
    Corpus corpus = TinyModel.unseen();
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.sgd(1e-3))
            .stopWhen(
                p ->
                    p.measure(metric, corpus).value() < 0
                        ? Decision.forgotten("never")
                        : Decision.proceed())
            .build()
            .forget(model, SET);
    assertThat(report.reason()).startsWith("in epoch 1 metric fading became undefined: ");
    assertRestored(report);
  }

  /** Extraction likelihood of sequences that are too short is undefined from the beginning. */
  @Test
  void metric_wasNeverDefined() {
    Metric metric = new UndefinedAfter(0);
    ForgetReport report =
        Unlearner.builder()
            .optimizer(Optimizers.sgd(1e-3))
            .stopWhen(
                p ->
                    p.epoch() == 2 && Double.isNaN(p.measure(metric).value())
                        ? Decision.forgotten("enough")
                        : Decision.proceed())
            .build()
            .forget(model, SET);
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
  }

  private void assertRestored(ForgetReport report) {
    assertThat(report.outcome()).isEqualTo(Outcome.DIVERGED);
    Recipes.assertRestored(report, model, original);
  }

  /** Gives 1, a number of times, and then nothing. */
  private static final class UndefinedAfter implements Metric {
    private int left;

    UndefinedAfter(int times) {
      left = times;
    }

    @Override
    public String key() {
      return "fading";
    }

    @Override
    public MetricResult measure(CausalLm measured, List<TokenSequence> sequences) {
      double value = left-- > 0 ? 1 : Double.NaN;
      return MetricResult.mean(key(), Collections.nCopies(sequences.size(), value));
    }

    @Override
    public boolean higherMeansKnown() {
      return true;
    }
  }
}
