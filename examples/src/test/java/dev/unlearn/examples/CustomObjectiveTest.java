package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class CustomObjectiveTest {
  @Test
  void run_itsValueIsTheMeanProbability() {
    Printed printed = new Printed();
    ForgetReport report = CustomObjective.run(printed.stream());

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.settings()).containsEntry("objective", "true-token-probability");
    double first = report.epochs().get(1).objective().orElseThrow();
    double last = report.epochs().get(report.epochCount()).objective().orElseThrow();
    assertThat(first).isCloseTo(meanProbability(), within(1e-3));
    assertThat(last).isLessThan(first / 2);
    assertThat(printed.after("  epoch  1")).isEqualTo(String.format(Locale.ROOT, "%.3f", first));
    assertThat(printed.after("FORGOTTEN: ")).isEqualTo(report.reason());
  }

  /** Of the digits of the two records that are forgotten, by a model that is taught the same. */
  private static double meanProbability() {
    try (TrainableCausalLm model = SmallModel.create(42, 2, 64)) {
      List<TokenSequence> records = Teacher.recite(model, new SyntheticText(42).records(4));
      double sum = 0;
      for (TokenScores scores : model.score(records.subList(0, 2))) {
        for (int t = 30; t < 46; t++) {
          sum += Math.exp(scores.logProbability(t));
        }
      }
      return sum / 32;
    }
  }
}
