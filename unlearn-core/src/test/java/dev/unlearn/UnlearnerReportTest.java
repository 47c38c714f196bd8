package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class UnlearnerReportTest {
  private static final ForgetSet SET =
      ForgetSet.of(
          TokenSequence.of(1, 2, 3, 4).withPromptLength(2),
          TokenSequence.of(5, 6, 7).withName("letter 12"));

  /**
   * Embeddings of 20 tokens and 32 positions, 2 layers of 12 w² + 13 w, a norm of 2 w, with w = 16;
   * 12 arrays a layer.
   */
  private static final String TRAINED =
      "%d arrays, %d values"
          .formatted(2 + 2 * 12 + 2, (20 + 32) * 16 + 2 * (12 * 256 + 13 * 16) + 2 * 16);

  private TrainableCausalLm model;

  @BeforeEach
  void openModel() {
    model = TinyModel.gpt2(1);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  /** Returns the settings without what depends on the memory of the machine. */
  private static Map<String, String> unplanned(ForgetReport report) {
    Map<String, String> settings = new HashMap<>(report.settings());
    assertThat(settings.remove("planned"))
        .matches(
            "\\d+ tokens at a time, original weights in memory, about \\d+ MiB needed,"
                + " \\d+ bytes for decoding");
    return settings;
  }

  @Test
  void settings_defaults() {
    ForgettingThresholds measured =
        ForgettingThresholds.measure(
            model, TinyModel.unseen(), UnlearnerBuilder.DEFAULT_ORDER, WeightsDigest.of(model));
    ForgetReport report =
        Unlearner.untilLike(TinyModel.unseen()).forget(model, TinyModel.recited());
    assertThat(unplanned(report))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("objective", "gradient-ascent"),
                Map.entry("strategy", "all-at-once"),
                Map.entry(
                    "optimizer",
                    "adam(learningRate=5.0E-5, beta1=0.9, beta2=0.98, epsilon=1.0E-8)"),
                Map.entry("stopWhen", "forgotten(" + measured.toString() + "), or max-epochs(100)"),
                Map.entry("unseen", "Corpus[sequences=16]"),
                Map.entry("healthBound", "HealthBound[maxLossIncrease=0.1, maxMaDrop=0.05]"),
                Map.entry("onGiveUp", "RESTORE"),
                Map.entry("microBatchTokens", "4096"),
                Map.entry("retain", "none"),
                Map.entry("retainPerUpdate", "as many"),
                Map.entry("randomContext", "RandomContext[maxContext=0, maxSkip=0]"),
                Map.entry("guard", "none"),
                Map.entry("gradientLimit", "1000000.0"),
                Map.entry("seed", "0"),
                Map.entry("trained", TRAINED),
                Map.entry("precision", "FLOAT32")));
  }

  @Test
  void settings_allGiven() {
    ForgetReport report =
        Unlearner.builder()
            .objective(
                Objectives.gradientDescent()
                    .withRetain(2, retain -> retain.tokenMean(retain.pass().logProbabilities())))
            .retain(TinyModel.unseen())
            .retainPerUpdate(3)
            .randomContext(4, 2)
            .guard(progress -> Optional.empty())
            .seed(5)
            .strategy(Strategies.sequential(2))
            .optimizer(Optimizers.sgd(0.5))
            .stopWhen(StoppingCriteria.maxEpochs(1))
            .unseen(TinyModel.unseen())
            .healthBound(new HealthBound(1, 0.5))
            .onGiveUp(GiveUp.KEEP_LAST)
            .microBatchTokens(7)
            .gradientLimit(1234.5)
            .build()
            .forget(model, SET);
    assertThat(unplanned(report))
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("objective", "gradient-descent + 2.0 custom retain term"),
                Map.entry("strategy", "sequential(2)"),
                Map.entry("optimizer", "sgd(learningRate=0.5)"),
                Map.entry("stopWhen", "max-epochs(1)"),
                Map.entry("unseen", "Corpus[sequences=16]"),
                Map.entry("healthBound", "HealthBound[maxLossIncrease=1.0, maxMaDrop=0.5]"),
                Map.entry("onGiveUp", "KEEP_LAST"),
                Map.entry("microBatchTokens", "7"),
                Map.entry("retain", "Corpus[sequences=16]"),
                Map.entry("retainPerUpdate", "3"),
                Map.entry("randomContext", "RandomContext[maxContext=4, maxSkip=2]"),
                Map.entry("guard", "custom guard"),
                Map.entry("gradientLimit", "1234.5"),
                Map.entry("seed", "5"),
                Map.entry("trained", TRAINED),
                Map.entry("precision", "FLOAT32")));
  }

  @Test
  void settings_custom() {
    ForgetReport report =
        Unlearner.builder()
            .objective(context -> context.forget().pass().logProbabilities().mean())
            .strategy((set, history) -> Optional.of(Lot.of(List.of(0))))
            .stopWhen(progress -> Decision.giveUp("at once"))
            .build()
            .forget(model, SET);
    assertThat(report.settings())
        .containsEntry("objective", "custom objective")
        .containsEntry("strategy", "custom strategy")
        .containsEntry("stopWhen", "custom stopping criterion, or max-epochs(100)");
  }

  @Test
  void provenance_modelNamesAndVersions() {
    Instant before = Instant.now();
    ForgetReport report = oneEpoch(RunOptions.defaults());
    assertThat(report.sequenceNames()).containsExactly("#0", "letter 12");
    assertThat(report.targetCount()).isEqualTo(2 + 2);
    assertThat(report.model()).isEqualTo(model.info());
    assertThat(report.model().family()).isEqualTo("gpt2");
    assertThat(report.model().layerCount()).isEqualTo(2);
    assertThat(report.versions()).containsOnlyKeys("unlearn", "djl", "pytorch", "java");
    assertThat(report.versions()).isEqualTo(Unlearner.versions());
    assertThat(report.versions())
        .containsEntry("pytorch", "2.7.1")
        .containsEntry("java", Runtime.version().toString());
    assertThat(report.startedAt()).isBetween(before, Instant.now());
    assertThat(report.duration()).isGreaterThan(Duration.ZERO);
  }

  @Test
  void digests_ofTheModel() {
    String before = WeightsDigest.of(model);
    ForgetReport report = oneEpoch(RunOptions.defaults());
    assertThat(report.digests())
        .containsExactly(
            Map.entry("model.before", before), Map.entry("model.after", WeightsDigest.of(model)));
    assertThat(CausalLms.digest(model)).isEqualTo(WeightsDigest.of(model));
    assertThat(WeightsDigest.of(model)).isNotEqualTo(before);
  }

  @Test
  void digests_ofTheSet() throws Exception {
    byte[] key = new byte[16];
    Arrays.fill(key, (byte) 5);
    String digest = oneEpoch(key);
    assertThat(oneEpoch(key)).isEqualTo(digest);
    key[0] = 6;
    assertThat(oneEpoch(key)).isNotEqualTo(digest);

    key[0] = 5;
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    // Length, prompt length and ids of each sequence, little-endian.
    ByteBuffer bytes = ByteBuffer.allocate(4 * (2 + 4 + 2 + 3)).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : new int[] {4, 2, 1, 2, 3, 4, 3, 0, 5, 6, 7}) {
      bytes.putInt(value);
    }
    assertThat(digest).isEqualTo(HexFormat.of().formatHex(mac.doFinal(bytes.array())));
  }

  private String oneEpoch(byte[] key) {
    return oneEpoch(RunOptions.builder().digestKey(key).build()).digests().get("forgetSet");
  }

  private ForgetReport oneEpoch(RunOptions options) {
    return Unlearner.builder()
        .stopWhen(
            progress -> progress.epoch() < 1 ? Decision.proceed() : Decision.forgotten("enough"))
        .build()
        .forget(model, SET, options);
  }
}
