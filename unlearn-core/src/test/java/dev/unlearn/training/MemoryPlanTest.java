package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.unlearn.TinyModel;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class MemoryPlanTest {
  /** Tables of 20 and 32 rows of 16, two layers of 12 · 16² + 13 · 16, a norm of 2 · 16. */
  private static final long COPY_BYTES = 4 * (320 + 512 + 2 * 3280 + 32);

  private static final long TABLE_BYTES = 4 * (320 + 512);

  private static final int LONGEST = 12;

  /** 84 sequences: 1,008 tokens. */
  private static final ForgetSet SET = ForgetSet.of(TinyModel.random(1, 84, LONGEST));

  /** So few that scoring them takes less than an update of one. */
  private static final ForgetSet SMALL_SET = ForgetSet.of(TinyModel.random(1, 2, LONGEST));

  private final TrainableCausalLm model = TinyModel.gpt2(1, TinyModel.ON_CPU);

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void everythingFits() {
    MemoryPlan plan = plan(recipe(), Long.MAX_VALUE);
    assertThat(plan.snapshotOnDisk()).isFalse();
    assertThat(plan.microBatchTokens()).isEqualTo(4096);
    assertThat(plan(recipe(), enough(plan.neededBytes())))
        .isEqualTo(withFree(plan, enough(plan.neededBytes())));
  }

  @Test
  void snapshotGoesToDiskFirst() {
    long all = plan(recipe(), Long.MAX_VALUE).neededBytes();
    MemoryPlan plan = plan(recipe(), enough(all) - 1);
    assertThat(plan).isEqualTo(new MemoryPlan(true, 4096, all - COPY_BYTES, enough(all) - 1));
    assertThat(plan(recipe(), enough(all - COPY_BYTES)).snapshotOnDisk()).isTrue();
  }

  /** Of the 1,008 tokens that there are, not of the 4,096 that there may be. */
  @Test
  void microBatchesAreHalvedNext() {
    long onDisk = plan(recipe(), Long.MAX_VALUE).neededBytes() - COPY_BYTES;
    MemoryPlan plan = plan(recipe(), enough(onDisk) - 1);
    assertThat(plan.microBatchTokens()).isEqualTo(504);
    assertThat(plan.neededBytes()).isLessThan(onDisk);
    MemoryPlan smaller = plan(recipe(), enough(withDisk(plan)) - 1);
    assertThat(smaller.microBatchTokens()).isEqualTo(252);
  }

  @Test
  void nothingFits() {
    long least = leastFree(recipe());
    assertThat(smallPlan(recipe(), least).microBatchTokens()).isEqualTo(LONGEST);
    assertThat(smallPlan(recipe(), least).snapshotOnDisk()).isTrue();
    assertThatThrownBy(() -> smallPlan(recipe(), least - 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the run needs about %d MiB of memory beside what is in use, with one sequence at a"
                    .formatted(least >> 20)
                + " time and the original weights on disk, but %d MiB are free: use an optimizer"
                    .formatted(least >> 20)
                + " with a smaller state (sgd, adafactor), train an adapter, shorten the"
                + " sequences, free memory, or say in RunOptions.memoryBytes that there is more");
  }

  @Test
  void optimizerAndGiveUp_copiesOfTheWeights() {
    long adam = plan(recipe(), Long.MAX_VALUE).neededBytes();
    Objective ascent = Objectives.gradientAscent();
    assertThat(needed(ascent, Optimizers.sgd(1), GiveUp.RESTORE)).isEqualTo(adam - 2 * COPY_BYTES);
    assertThat(needed(ascent, Optimizers.sgd(1, 0.9), GiveUp.RESTORE)).isEqualTo(adam - COPY_BYTES);
    assertThat(needed(ascent, Optimizers.adam(1), GiveUp.KEEP_BEST)).isEqualTo(adam + COPY_BYTES);
  }

  /** Weights, and gradients of tables, have memory of their own after the first update. */
  @Test
  void trainedModel_needsLess() {
    long fresh = plan(recipe(), Long.MAX_VALUE).neededBytes();
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(1e-3), 4096)) {
      updates.update(TinyModel.recited().sequences());
    }
    assertThat(plan(recipe(), Long.MAX_VALUE).neededBytes())
        .isEqualTo(fresh - COPY_BYTES - TABLE_BYTES);
  }

  /** The original weights change places with the present ones, so their pages become memory. */
  @Test
  void originalModelInEachUpdate_diskDoesNotHelp() {
    Recipe recipe = recipe(Objectives.npo(0.1), Optimizers.adam(1), GiveUp.RESTORE);
    long all = plan(recipe, Long.MAX_VALUE).neededBytes();
    MemoryPlan plan = plan(recipe, enough(all) - 1);
    assertThat(plan.snapshotOnDisk()).isFalse();
    assertThat(plan.microBatchTokens()).isEqualTo(504);
  }

  /** A sequence and its alternative are computed side by side. */
  @Test
  void alternatives_twoSequencesAtLeast() {
    Recipe recipe = recipe(new Preferring(), Optimizers.adam(1), GiveUp.RESTORE);
    assertThat(smallPlan(recipe, leastFree(recipe)).microBatchTokens()).isEqualTo(2 * LONGEST);
  }

  @Test
  void longestSequence_ofAllThatIsTrainedOn() {
    MemoryPlan plan = leastPlan(recipe(), TinyModel.random(2, 1, 20));
    assertThat(plan.microBatchTokens()).isEqualTo(20);
  }

  @Test
  void snapshot_whereThePlanSays(@TempDir Path folder) throws IOException {
    for (boolean onDisk : new boolean[] {false, true}) {
      try (Snapshot snapshot = new MemoryPlan(onDisk, 1, 1, 1).snapshot(model, folder)) {
        snapshot.restore();
      }
      assertThat(folder).isEmptyDirectory();
    }
    Path file = Files.writeString(folder.resolve("file"), "");
    assertThatThrownBy(() -> new MemoryPlan(true, 1, 1, 1).snapshot(model, file))
        .isInstanceOf(UnlearningException.class);
  }

  @Test
  void human_units() {
    assertThat(MemoryPlan.human(1536L << 20)).isEqualTo("1536 MiB");
    assertThat(MemoryPlan.human((10L << 30) + (512L << 20))).isEqualTo("10.5 GiB");
  }

  private long leastFree(Recipe recipe) {
    return leastPlan(recipe, List.of()).freeBytes();
  }

  /** Returns the plan for the smallest number of free bytes that is enough, found by halving. */
  private MemoryPlan leastPlan(Recipe recipe, List<TokenSequence> retain) {
    MemoryPlan enough = MemoryPlan.of(model, recipe, SMALL_SET, retain, Long.MAX_VALUE);
    long most = enough(enough.neededBytes());
    long tooFew = 0;
    while (most - tooFew > 1) {
      long middle = (tooFew + most) / 2;
      try {
        enough = MemoryPlan.of(model, recipe, SMALL_SET, retain, middle);
        most = middle;
      } catch (IllegalArgumentException e) {
        tooFew = middle;
      }
    }
    return enough;
  }

  private MemoryPlan smallPlan(Recipe recipe, long free) {
    return MemoryPlan.of(model, recipe, SMALL_SET, List.of(), free);
  }

  /** An eighth more than is needed must be free. */
  private static long enough(long needed) {
    return needed + needed / 8;
  }

  private static MemoryPlan withFree(MemoryPlan plan, long free) {
    return new MemoryPlan(plan.snapshotOnDisk(), plan.microBatchTokens(), plan.neededBytes(), free);
  }

  private static long withDisk(MemoryPlan plan) {
    return plan.neededBytes() - (plan.snapshotOnDisk() ? 0 : COPY_BYTES);
  }

  private long needed(Objective objective, Optimizer optimizer, GiveUp onGiveUp) {
    return plan(recipe(objective, optimizer, onGiveUp), Long.MAX_VALUE).neededBytes();
  }

  private MemoryPlan plan(Recipe recipe, long free) {
    return MemoryPlan.of(model, recipe, SET, List.of(), free);
  }

  private static Recipe recipe() {
    return recipe(Objectives.gradientAscent(), Optimizers.adam(1), GiveUp.RESTORE);
  }

  private static Recipe recipe(Objective objective, Optimizer optimizer, GiveUp onGiveUp) {
    return PlainRecipe.of(objective, optimizer, 1, onGiveUp);
  }

  private static final class Preferring implements Objective {
    @Override
    public NDArray loss(ObjectiveContext context) {
      throw new AssertionError("nothing is trained here");
    }

    @Override
    public Set<Need> needs() {
      return Set.of(Need.ALTERNATIVES);
    }
  }
}
