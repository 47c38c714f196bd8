package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unlearn.CausalLms;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** Whether a report over HTTP says what the models say, measured without the service. */
final class ReportCheck {
  private static final Metric MA = MemorizationAccuracy.of();
  private static final Metric EL = ExtractionLikelihood.of(10);

  private final JsonNode report;
  private final List<JsonNode> epochs;
  private final List<TokenSequence> set;
  private final List<TokenSequence> unseen;

  private ReportCheck(JsonNode report, CausalLm model) throws IOException {
    this.report = report;
    epochs = list(report.path("epochs"));
    set = model.tokenizer().sequences(Demo.secrets());
    unseen = model.tokenizer().sequences(Files.readAllLines(Demo.FOLDER.resolve("unseen.txt")));
  }

  /** Checks the report of the erasure that made this model of the original one. */
  static void assertForgotten(JsonNode report, Path model) throws IOException {
    try (TrainableCausalLm before = CausalLms.load(Demo.MODEL);
        TrainableCausalLm after = CausalLms.load(model)) {
      ReportCheck check = new ReportCheck(report, before);
      check.assertOutcome();
      check.assertEpochs(before, after);
      check.assertAbove(before, after);
      check.assertHealth(before, after);
      check.assertNothingToForget();
    }
  }

  private void assertOutcome() {
    assertThat(report.path("outcome").asText()).isEqualTo("FORGOTTEN");
    assertThat(report.path("criterionMetTogether").booleanValue()).isTrue();
    assertThat(report.path("restored").isBoolean()).isTrue();
    assertThat(report.path("restored").booleanValue()).isFalse();
    assertThat(report.path("weightsOfEpoch").asInt()).isEqualTo(epochs.size() - 1).isPositive();
    assertThat(report.path("sequenceNames"))
        .extracting(JsonNode::asText)
        .containsExactly("#0", "#1", "#2", "#3");
    assertThat(report.path("model").path("family").asText()).isEqualTo("gpt2");
    assertThat(report.path("settings").path("stopWhen").asText())
        .startsWith("forgotten(ForgettingThresholds{order=10");
  }

  private void assertEpochs(CausalLm before, CausalLm after) {
    JsonNode first = epochs.get(0);
    assertThat(first.has("loss")).isFalse();
    assertMetric(first.path("metrics").path("ma"), MA.measure(before, set));
    JsonNode last = epochs.get(epochs.size() - 1);
    assertThat(last.path("lot")).extracting(JsonNode::asInt).containsExactly(0, 1, 2, 3);
    assertMetric(last.path("metrics").path("ma"), MA.measure(after, set));
    assertMetric(last.path("metrics").path("el_10"), EL.measure(after, set));
    for (int epoch = 0; epoch < epochs.size(); epoch++) {
      assertThat(epochs.get(epoch).path("epoch").asInt()).isEqualTo(epoch);
      assertThat(epochs.get(epoch).path("loss").isNumber()).isEqualTo(epoch > 0);
      assertThat(epochs.get(epoch).path("metrics").has("ma")).isTrue();
    }
  }

  private static void assertMetric(JsonNode metric, MetricResult measured) {
    assertThat(metric.path("value").asDouble()).isEqualTo(measured.value());
    assertThat(list(metric.path("perSequence")))
        .extracting(JsonNode::asDouble)
        .isEqualTo(measured.perSequence());
  }

  /** A number is above if it is not below the mean of unseen text; 0 is never above. */
  private void assertAbove(CausalLm before, CausalLm after) {
    double maThreshold = MA.measure(before, unseen).value();
    double elThreshold = EL.measure(before, unseen).value();
    List<Double> ma = MA.measure(after, set).perSequence();
    List<Double> el = EL.measure(after, set).perSequence();
    List<Integer> above =
        IntStream.range(0, set.size())
            .filter(i -> ma.get(i) >= maThreshold || (el.get(i) > 0 && el.get(i) >= elThreshold))
            .boxed()
            .toList();
    assertThat(list(report.path("sequencesAbove"))).extracting(JsonNode::asInt).isEqualTo(above);
  }

  private void assertHealth(CausalLm before, CausalLm after) {
    JsonNode health = report.path("health");
    assertThat(health.path("maBefore").asDouble()).isEqualTo(MA.measure(before, unseen).value());
    assertThat(health.path("maAfter").asDouble()).isEqualTo(MA.measure(after, unseen).value());
    assertThat(health.path("lossBefore").asDouble())
        .isCloseTo(TokenLoss.of().measure(before, unseen).value(), within(1e-6));
    assertThat(health.path("lossAfter").asDouble())
        .isCloseTo(TokenLoss.of().measure(after, unseen).value(), within(1e-6));
    assertThat(health.path("maxLossIncrease").asDouble()).isEqualTo(1);
    assertThat(health.path("maxMaDrop").asDouble()).isEqualTo(0.2);
    assertThat(health.path("healthy").booleanValue()).isTrue();
  }

  /** Neither text nor token ids. */
  private void assertNothingToForget() {
    String all = report.toString();
    for (int i = 0; i < set.size(); i++) {
      String record = Demo.secrets().get(i);
      int[] ids = set.get(i).ids();
      String digits = Arrays.toString(Arrays.copyOfRange(ids, Demo.PROMPT, ids.length));
      assertThat(all)
          .doesNotContain(record.substring(0, Demo.PROMPT), record.substring(Demo.PROMPT))
          .doesNotContain(digits.substring(1, digits.length() - 1).replace(" ", ""));
    }
  }

  private static List<JsonNode> list(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }
}
