package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Random calls in random order: a builder builds, or says in words which option is why not. */
final class UnlearnerBuilderPropertyTest {
  private static final Corpus CORPUS = Corpus.of(List.of(TokenSequence.of(1, 2, 3)));
  private static final String RETAINING = "retaining objective";
  private static final List<Call> CALLS = calls();

  /**
   * One call of an option.
   *
   * @param kind the option, or more exactly what it is set to
   * @param refusal what is said; empty if the value is good
   */
  private record Call(
      String option, String kind, String refusal, Consumer<UnlearnerBuilder> code) {}

  private static List<Call> calls() {
    List<Call> calls = new ArrayList<>();
    good(calls, "objective", "plain objective", b -> b.objective(Objectives.npo(1)));
    good(calls, "objective", RETAINING, b -> b.objective(Objectives.gradientDifference(1)));
    good(calls, "strategy", b -> b.strategy(Strategies.sequential(Integer.MAX_VALUE)));
    good(calls, "optimizer", b -> b.optimizer(Optimizers.sgd(1)));
    good(calls, "stopWhen", b -> b.stopWhen(StoppingCriteria.maxEpochs(1)));
    good(calls, "unseen", b -> b.unseen(CORPUS));
    good(calls, "retain", b -> b.retain(CORPUS));
    good(calls, "randomContext", b -> b.randomContext(3, Integer.MAX_VALUE));
    good(calls, "guard", b -> b.guard(progress -> Optional.empty()));
    good(calls, "healthBound", b -> b.healthBound(HealthBound.DEFAULT));
    good(calls, "onGiveUp", b -> b.onGiveUp(GiveUp.KEEP_BEST));
    good(calls, "seed", b -> b.seed(Long.MIN_VALUE));
    bad(calls, "objective", "objective", b -> b.objective(null));
    bad(calls, "strategy", "strategy", b -> b.strategy(null));
    bad(calls, "optimizer", "optimizer", b -> b.optimizer(null));
    bad(calls, "stopWhen", "stopWhen", b -> b.stopWhen(null));
    bad(calls, "unseen", "unseen", b -> b.unseen(null));
    bad(calls, "retain", "retain", b -> b.retain(null));
    bad(calls, "guard", "guard", b -> b.guard(null));
    bad(calls, "healthBound", "healthBound", b -> b.healthBound(null));
    bad(calls, "onGiveUp", "onGiveUp", b -> b.onGiveUp(null));
    for (int number : new int[] {-1, Integer.MIN_VALUE}) {
      String rule = " must be >= 0, but was: " + number;
      bad(calls, "randomContext", "maxContext" + rule, b -> b.randomContext(number, 1));
      bad(calls, "randomContext", "maxSkip" + rule, b -> b.randomContext(1, number));
    }
    positive(calls, "order", UnlearnerBuilder::order);
    positive(calls, "maxEpochs", UnlearnerBuilder::maxEpochs);
    positive(calls, "retainPerUpdate", UnlearnerBuilder::retainPerUpdate);
    positive(calls, "microBatchTokens", UnlearnerBuilder::microBatchTokens);
    return calls;
  }

  private static void good(List<Call> calls, String option, Consumer<UnlearnerBuilder> code) {
    good(calls, option, option, code);
  }

  /** Good values are likelier, so that many cases get as far as building. */
  private static void good(
      List<Call> calls, String option, String kind, Consumer<UnlearnerBuilder> code) {
    for (int i = 0; i < 8; i++) {
      calls.add(new Call(option, kind, "", code));
    }
  }

  private static void bad(
      List<Call> calls, String option, String refusal, Consumer<UnlearnerBuilder> code) {
    calls.add(new Call(option, option, refusal, code));
  }

  private static void positive(
      List<Call> calls, String option, BiConsumer<UnlearnerBuilder, Integer> set) {
    for (int number : new int[] {1, Integer.MAX_VALUE}) {
      good(calls, option, b -> set.accept(b, number));
    }
    for (int number : new int[] {0, -1, Integer.MIN_VALUE}) {
      bad(calls, option, option + " must be > 0, but was: " + number, b -> set.accept(b, number));
    }
  }

  @Test
  void build_randomCalls() {
    int[] built = new int[1];
    Property.holds(
        20_000,
        random -> {
          built[0] += builds(random) ? 1 : 0;
        });
    assertThat(built[0]).isBetween(500, 19_500);
  }

  /** Checks one case, and returns whether it came to an unlearner. */
  private static boolean builds(SplittableRandom random) {
    UnlearnerBuilder builder = Unlearner.builder();
    Set<String> given = new HashSet<>();
    Set<String> kinds = new HashSet<>();
    for (int count = random.nextInt(7); count > 0; count--) {
      Call call = Property.pick(random, CALLS);
      boolean again = !given.add(call.option());
      kinds.add(call.kind());
      Throwable refused = catchThrowable(() -> call.code().accept(builder));
      if (!call.refusal().isEmpty()) {
        assertThat(refused)
            .isInstanceOfAny(IllegalArgumentException.class, NullPointerException.class)
            .hasMessage(call.refusal());
        return false;
      }
      if (again) {
        assertThat(refused)
            .isInstanceOf(IllegalStateException.class)
            .hasMessage(call.option() + " was already set");
        return false;
      }
      assertThat(refused).isNull();
    }
    List<String> lacks = lacks(kinds);
    Throwable refused = catchThrowable(builder::build);
    if (lacks.isEmpty()) {
      assertThat(refused).isNull();
      return true;
    }
    assertThat(refused).isInstanceOf(IllegalStateException.class);
    assertThat(lacks).as("%s", refused.getMessage()).anyMatch(refused.getMessage()::contains);
    return false;
  }

  /** Returns the options that some rule of the builder speaks of and that do not fit. */
  private static List<String> lacks(Set<String> given) {
    List<String> lacks = new ArrayList<>();
    boolean stopWhen = given.contains("stopWhen");
    boolean unseen = given.contains("unseen");
    boolean retain = given.contains("retain");
    lack(lacks, !stopWhen && !unseen, "stopWhen(");
    lack(lacks, stopWhen && given.contains("order"), "order is");
    lack(lacks, !unseen && given.contains("healthBound"), "healthBound needs");
    lack(lacks, !retain && given.contains(RETAINING), "retain(Corpus)");
    lack(lacks, retain && !given.contains(RETAINING), "retain is");
    lack(lacks, !retain && given.contains("retainPerUpdate"), "retainPerUpdate needs");
    lack(lacks, !retain && given.contains("randomContext"), "randomContext takes");
    return lacks;
  }

  private static void lack(List<String> lacks, boolean lack, String option) {
    if (lack) {
      lacks.add(option);
    }
  }
}
