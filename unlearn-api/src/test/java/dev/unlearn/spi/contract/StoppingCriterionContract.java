package dev.unlearn.spi.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import org.junit.jupiter.api.Test;

/**
 * What every {@link StoppingCriterion} must keep to: it always decides, from the progress alone,
 * and about the lot.
 *
 * <p>It is shown two runs of two lots. In one every metric comes from {@link #memorized} to {@link
 * #forgotten} in twenty updates of a lot; in the other it stays.
 */
public abstract class StoppingCriterionContract {

  /** Returns a new criterion, made the same way each time. */
  protected abstract StoppingCriterion criterion();

  /** Returns four sequences that the criterion accepts; by default of twelve tokens. */
  protected ForgetSet set() {
    int[] ids = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    TokenSequence sequence = TokenSequence.of(ids);
    return ForgetSet.of(sequence, sequence, sequence, sequence);
  }

  /** Returns what a metric says of sequences the model knows by heart; by default 1 or 0. */
  protected double memorized(Metric metric) {
    return metric.higherMeansKnown() ? 1 : 0;
  }

  /** Returns what a metric says of sequences the model does not know; by default 0 or 1. */
  protected double forgotten(Metric metric) {
    return 1 - memorized(metric);
  }

  @Test
  void check_acceptsTheSet() {
    FakeCausalLm model = FakeCausalLm.ofHash(100, 1);
    assertThatCode(() -> criterion().check(model, set())).doesNotThrowAnyException();
  }

  @Test
  void evaluate_decides() {
    for (FakeRun run : runs()) {
      for (FakeRun.Epoch epoch : run.epochs()) {
        assertThat(epoch.decision()).as("at %s", epoch).isNotNull();
        assertThat(reason(epoch.decision())).as("the reason at %s", epoch).isNotBlank();
      }
    }
  }

  /** As when a run is replayed: another instance, asked in another order. */
  @Test
  void evaluate_sameProgressSameDecision() {
    StoppingCriterion other = criterion();
    for (FakeRun run : runs()) {
      for (int i = run.epochs().size() - 1; i >= 0; i--) {
        FakeRun.Epoch epoch = run.epochs().get(i);
        assertThat(other.evaluate(epoch.progress())).as("at %s", epoch).isEqualTo(epoch.decision());
        assertThat(other.evaluate(epoch.progress())).as("again").isEqualTo(epoch.decision());
      }
    }
  }

  @Test
  void evaluate_namesPositionsInTheLot() {
    for (FakeRun run : runs()) {
      for (FakeRun.Epoch epoch : run.epochs()) {
        assertThat(positions(epoch.decision()))
            .as("at %s", epoch)
            .doesNotHaveDuplicates()
            .allMatch(position -> position >= 0 && position < epoch.progress().lot().size());
      }
    }
  }

  @Test
  void evaluate_endsAtTheEpochLimit() {
    criterion()
        .epochLimit()
        .ifPresent(
            limit ->
                assertThat(runs().stream().flatMap(run -> run.epochs().stream()))
                    .filteredOn(epoch -> epoch.progress().lotEpoch() >= limit)
                    .noneMatch(epoch -> epoch.decision() instanceof Decision.Proceed));
  }

  @Test
  void description_says() {
    assertThat(criterion().description()).isNotBlank().isEqualTo(criterion().description());
  }

  @Test
  void metrics_same() {
    assertThat(criterion().metrics().stream().map(Metric::key))
        .doesNotContainNull()
        .isEqualTo(criterion().metrics().stream().map(Metric::key).toList());
  }

  private List<FakeRun> runs() {
    ToDoubleBiFunction<Metric, Double> falls =
        (metric, done) -> memorized(metric) + done * (forgotten(metric) - memorized(metric));
    return List.of(
        new FakeRun(criterion(), set(), falls),
        new FakeRun(criterion(), set(), (metric, done) -> memorized(metric)));
  }

  private static String reason(Decision decision) {
    if (decision instanceof Decision.Forgotten forgotten) {
      return forgotten.reason();
    }
    return decision instanceof Decision.GiveUp giveUp ? giveUp.reason() : "none needed";
  }

  private static List<Integer> positions(Decision decision) {
    if (decision instanceof Decision.Forgotten forgotten) {
      return forgotten.above();
    }
    return decision instanceof Decision.Proceed proceed ? proceed.forgotten() : List.of();
  }
}
