package dev.unlearn.training;

import ai.djl.ndarray.NDArray;
import com.google.common.collect.ImmutableMap;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Health;
import dev.unlearn.eval.stat.Units;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Gathers the provenance of a run. */
final class ReportBuilder {
  private final Recipe recipe;
  private final TrainableCausalLm model;
  private final ForgetSet set;
  private final Instant startedAt = Instant.now();
  private final long start = System.nanoTime();
  private final Map<String, String> digests = new LinkedHashMap<>();
  private @Nullable StoppingCriterion criterion;
  private String planned = "nothing";
  private OptionalInt resumedAfter = OptionalInt.empty();

  ReportBuilder(Recipe recipe, TrainableCausalLm model, ForgetSet set) {
    this.recipe = recipe;
    this.model = model;
    this.set = set;
  }

  void digest(String name, String value) {
    digests.put(name, value);
  }

  void noDigest(String name) {
    digests.remove(name);
  }

  /** Says what the run takes memory for. */
  void plan(MemoryPlan plan, RunNumbers numbers) {
    planned =
        "%d tokens at a time, original weights %s, about %s needed, %d bytes for decoding"
            .formatted(
                numbers.microBatchTokens(),
                plan.snapshotOnDisk() ? "on disk" : "in memory",
                MemoryPlan.human(plan.neededBytes()),
                numbers.decodingBytes());
  }

  void criterion(StoppingCriterion newCriterion) {
    criterion = newCriterion;
  }

  void resumedAfter(int epoch) {
    resumedAfter = OptionalInt.of(epoch);
  }

  /** Reports a run that ended by a verdict. */
  ForgetReport build(Verdict verdict, List<EpochReport> history) {
    return build(
        verdict.ending(), verdict.health(), verdict.restores(), verdict.weightsOfEpoch(), history);
  }

  /** Reports a run that was ended. */
  ForgetReport build(Ending ending, boolean restored, List<EpochReport> history) {
    int lastEpoch = history.isEmpty() ? 0 : history.get(history.size() - 1).epoch();
    return build(ending, Optional.empty(), restored, restored ? 0 : lastEpoch, history);
  }

  private ForgetReport build(
      Ending ending,
      Optional<Health> health,
      boolean restored,
      int weightsOfEpoch,
      List<EpochReport> history) {
    return ForgetReport.builder()
        .outcome(ending.outcome())
        .reason(ending.reason())
        .health(health)
        .restored(restored)
        .weightsOfEpoch(weightsOfEpoch)
        .resumedAfter(resumedAfter)
        .addAllSequencesAbove(above(history))
        .addAllEpochs(history)
        .addAllSequenceNames(Units.byName(set.sequences()))
        .targetCount(set.targetCount())
        .model(model.info())
        .putAllSettings(recipe.settings(criterion))
        .putAllSettings(
            ImmutableMap.of(
                "trained",
                trained(),
                "planned",
                planned,
                "precision",
                DjlCausalLm.precisionOf(model).toString()))
        .putAllVersions(Versions.all())
        .putAllDigests(digests)
        .startedAt(startedAt)
        .duration(Duration.ofNanos(System.nanoTime() - start))
        .build();
  }

  /** Sequences that were above a threshold when a lot of theirs was last declared forgotten. */
  private static List<Integer> above(List<EpochReport> history) {
    TreeSet<Integer> indices = new TreeSet<>();
    for (EpochReport epoch : history) {
      if (epoch.decision() instanceof Decision.Forgotten decision) {
        indices.removeAll(epoch.lot());
        decision.above().forEach(position -> indices.add(epoch.lot().get(position)));
      }
    }
    return List.copyOf(indices);
  }

  /** With an adapter or a choice of weights, fewer than the model has. */
  private String trained() {
    Collection<NDArray> arrays = model.parameters().values();
    long values = arrays.stream().mapToLong(NDArray::size).sum();
    return "%d arrays, %d values".formatted(arrays.size(), values);
  }
}
