package dev.unlearn.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Probability;
import dev.unlearn.examples.SmallModels;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the pages show of forgetting runs. */
@Tag("engine")
final class ForgettingSnippetsTest {
  private static final Metric MA = MemorizationAccuracy.of();
  private static final Unlearner ENOUGH_AT_ONCE =
      Unlearner.builder().stopWhen(progress -> Decision.forgotten("enough")).build();

  @TempDir Path folder;
  private TrainableCausalLm model;
  private ForgetSet set;
  private Corpus unseen;

  @BeforeEach
  void teachModel() {
    model = SmallModels.create(2, 32);
    Records.teach(model);
    set = Records.taught(model);
    unseen = Corpus.ofTexts(Records.UNSEEN);
  }

  @AfterEach
  void closeModel() {
    model.close();
  }

  private Path saved() {
    Path original = folder.resolve("original");
    CausalLms.save(model, original);
    return original;
  }

  @Test
  void readme_savesWhatIsForgotten() {
    Path result = folder.resolve("result");

    // Texts that the model knows less well than the others are forgotten as they stand.
    ForgetReport report =
        ReadmeSnippets.forget(saved(), Records.UNSEEN.subList(0, 3), Records.TAUGHT, result);

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    CausalLms.load(result).close();
  }

  /** So small a model cannot forget by gradient ascent alone. */
  @Test
  void readme_savesNothingElse() {
    Path result = folder.resolve("result");

    ForgetReport report = ReadmeSnippets.forget(saved(), Records.TAUGHT, Records.UNSEEN, result);

    assertThat(report.before().get(MA.key()).value()).isGreaterThan(0.9);
    assertThat(report.restored()).isTrue();
    assertThat(result).doesNotExist();
  }

  @Test
  void quickstart_runs() {
    Path result = folder.resolve("result");

    ForgetReport report =
        QuickstartSnippets.forget(saved(), Records.TAUGHT, Records.UNSEEN, result);
    assertThat(report.settings()).containsEntry("strategy", "sequential(4)");
    assertThat(result.toFile().exists()).isEqualTo(report.outcome() == Outcome.FORGOTTEN);

    assertThat(QuickstartSnippets.apart(model, set, unseen, unseen).forget(model, set).epochs())
        .isNotEmpty();
    assertThat(QuickstartSnippets.untilHalfIsGone().forget(model, set).epochCount())
        .isLessThanOrEqualTo(20);
  }

  @Test
  void adapters_areSavedAndMerged() {
    Path adapter = folder.resolve("adapter");
    Path result = folder.resolve("result");

    ForgetReport report = AdaptersSnippets.lora(saved(), ENOUGH_AT_ONCE, set, adapter, result);

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(adapter.resolve("adapter_config.json")).exists();
    assertThat(result.resolve("model.safetensors")).exists();
  }

  @Test
  void adapters_upperLayers() {
    Path result = folder.resolve("result");
    try (TrainableCausalLm deep = SmallModels.create(12, 8)) {
      ForgetReport report = AdaptersSnippets.upperLayers(deep, ENOUGH_AT_ONCE, set, result);

      // Two layers of an inner and an outer matrix, each with a bias.
      assertThat(report.settings().get("trained")).startsWith("8 ");
      assertThat(result).exists();
    }
  }

  @Test
  void checkpoints_folderStaysAModel() {
    Path original = saved();

    CheckpointsSnippets.forgetInPlace(original, set, unseen);

    CausalLms.load(original).close();
  }

  @Test
  void reliability_cancelsAndLeavesNothing() {
    Unlearner unlearner =
        Unlearner.builder()
            .stopWhen(StoppingCriteria.below(MA, 0).or(StoppingCriteria.maxEpochs(2)))
            .build();

    assertThat(ReliabilitySnippets.until(unlearner, model, set, new AtomicBoolean(true)).outcome())
        .isEqualTo(Outcome.CANCELLED);
    assertThat(ReliabilitySnippets.resumable(unlearner, model, set, folder.resolve("work")))
        .returns(Outcome.GAVE_UP, ForgetReport::outcome)
        .returns(2, ForgetReport::epochCount);
    assertThat(folder.resolve("work")).isEmptyDirectory();
  }

  @Test
  void rollback_bringsBack() {
    Path file = folder.resolve("records.rollback");
    byte[] key = RollbackSnippets.newKey();
    Metric probability = Probability.of();
    double before = probability.measure(model, set.sequences()).value();

    ForgetReport report =
        untilLessLikely(NativeMemorySnippets.MEAN_PROBABILITY)
            .build()
            .forget(
                model,
                set,
                RunOptions.builder().keepRollback(file, key, Duration.ofDays(1)).build());
    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(probability.measure(model, set.sequences()).value()).isLessThan(before);

    RollbackSnippets.bringBack(model, file, key);
    assertThat(probability.measure(model, set.sequences()).value()).isEqualTo(before);
  }

  @Test
  void rollback_ofNothingIsNotKept() {
    Path file = folder.resolve("records.rollback");

    ForgetReport report =
        RollbackSnippets.keep(model, set, unseen, file, RollbackSnippets.newKey());

    assertThat(report.restored()).isTrue();
    assertThat(file).doesNotExist();
  }

  @Test
  void objectives_lowerTheTargets() {
    Metric probability = Probability.of();
    double before = probability.measure(model, set.sequences()).value();
    ForgetSet withRefusals = ObjectivesSnippets.withRefusals(set, model.tokenizer());

    assertThat(withRefusals.alternatives()).hasSize(3);
    assertThat(after(untilLessLikely(NativeMemorySnippets.MEAN_PROBABILITY))).isLessThan(before);
    assertThat(after(untilLessLikely(ObjectivesSnippets.withTextToKeep()).retain(unseen)))
        .isLessThan(before);
    assertThat(after(untilLessLikely(ObjectivesSnippets.sum()).retain(unseen))).isLessThan(before);
  }

  private double after(UnlearnerBuilder unlearner) {
    return unlearner.build().forget(model, set).after().get(Probability.of().key()).value();
  }

  private static UnlearnerBuilder untilLessLikely(Objective objective) {
    return Unlearner.builder()
        .objective(objective)
        .stopWhen(
            progress ->
                progress.measure(Probability.of()).value()
                        < progress.baseline(Probability.of()).value()
                    ? Decision.forgotten("less likely")
                    : Decision.proceed());
  }

  @Test
  void loading_takesOptions() {
    Path original = saved();

    try (TrainableCausalLm loaded = PrecisionSnippets.load(original)) {
      assertThat(MA.measure(loaded, set.sequences()).value())
          .isEqualTo(MA.measure(model, set.sequences()).value());
    }
    NativeMemorySnippets.load(original).close();
    assertThat(DevicesSnippets.gpuCount()).isNotNegative();
  }
}
