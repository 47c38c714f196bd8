package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.Decision;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class UnlearnerBuilderTest {
  private static final Map<String, Consumer<UnlearnerBuilder>> OPTIONS =
      Map.of(
          "objective", b -> b.objective(Objectives.gradientAscent()),
          "strategy", b -> b.strategy(Strategies.allAtOnce()),
          "optimizer", b -> b.optimizer(Optimizers.sgd(1)),
          "stopWhen", b -> b.stopWhen(StoppingCriteria.maxEpochs(1)),
          "unseen", b -> b.unseen(TinyModel.unseen()),
          "order", b -> b.order(3),
          "maxEpochs", b -> b.maxEpochs(3),
          "healthBound", b -> b.healthBound(HealthBound.DEFAULT),
          "onGiveUp", b -> b.onGiveUp(GiveUp.RESTORE),
          "microBatchTokens", b -> b.microBatchTokens(64));

  private static final Map<String, Consumer<UnlearnerBuilder>> NULLS =
      Map.of(
          "objective", b -> b.objective(null),
          "strategy", b -> b.strategy(null),
          "optimizer", b -> b.optimizer(null),
          "stopWhen", b -> b.stopWhen(null),
          "unseen", b -> b.unseen(null),
          "healthBound", b -> b.healthBound(null),
          "onGiveUp", b -> b.onGiveUp(null));

  @Test
  void build_withoutWayToStop() {
    assertThatThrownBy(() -> Unlearner.builder().build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "an unlearner needs to know when to stop; call stopWhen(StoppingCriterion) or"
                + " unseen(Corpus)");
  }

  @Test
  void build_healthBoundWithoutUnseen() {
    assertThatThrownBy(
            () ->
                Unlearner.builder()
                    .stopWhen(StoppingCriteria.maxEpochs(1))
                    .healthBound(HealthBound.DEFAULT)
                    .build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("healthBound needs unseen text; call unseen(Corpus) or drop it");
  }

  @Test
  void build_oneWayToStop() {
    assertThat(Unlearner.builder().unseen(TinyModel.unseen()).build()).isNotNull();
    assertThat(Unlearner.builder().stopWhen(StoppingCriteria.maxEpochs(1)).build()).isNotNull();
    assertThat(Unlearner.untilLike(TinyModel.unseen())).isNotNull();
  }

  @Test
  void build_orderBesideStopWhen() {
    UnlearnerBuilder builder =
        Unlearner.builder()
            .stopWhen(StoppingCriteria.maxEpochs(1))
            .unseen(TinyModel.unseen())
            .order(10);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "order is for thresholds measured on unseen text, but stopWhen is given; drop one of"
                + " them");
  }

  @Test
  void build_maxEpochsBesideStopWhen() {
    assertThat(Unlearner.builder().maxEpochs(7).stopWhen(p -> Decision.proceed()).build())
        .isNotNull();
  }

  @TestFactory
  List<DynamicTest> toBuilder_setsEachOptionOnceAgain() {
    return OPTIONS.entrySet().stream()
        .map(
            option ->
                DynamicTest.dynamicTest(
                    option.getKey(),
                    () -> {
                      UnlearnerBuilder first = Unlearner.builder().unseen(TinyModel.unseen());
                      if (!option.getKey().equals("unseen")) {
                        option.getValue().accept(first);
                      }
                      UnlearnerBuilder again = first.build().toBuilder();
                      option.getValue().accept(again);
                      assertThat(again.build()).isNotNull();
                      assertRefusedAsSet(option, again);
                    }))
        .toList();
  }

  /** What was set before still stands beside what is set now. */
  @Test
  void toBuilder_conflictWithAnEarlierOption() {
    UnlearnerBuilder builder =
        Unlearner.builder().unseen(TinyModel.unseen()).order(3).build().toBuilder();
    builder.stopWhen(StoppingCriteria.maxEpochs(1));
    assertThatThrownBy(builder::build).hasMessageStartingWith("order is for thresholds");
  }

  /** A longer limit than that of the first, which a criterion alone could not take back. */
  @Test
  void toBuilder_changesOneOption() {
    Unlearner first =
        Unlearner.builder()
            .objective(Objectives.npo(0.5))
            .stopWhen(progress -> Decision.proceed())
            .maxEpochs(3)
            .build();
    Unlearner second = first.toBuilder().maxEpochs(5).build();
    assertThat(second)
        .hasToString(
            "Unlearner[objective=%s, strategy=all-at-once, optimizer=%s, stopWhen=custom stopping"
                    .formatted(
                        Objectives.npo(0.5).description(),
                        Optimizers.adam(Optimizers.DEFAULT_LEARNING_RATE).description())
                + " criterion, or max-epochs(5)]");
    assertThat(first.toString()).endsWith("custom stopping criterion, or max-epochs(3)]");
    assertThat(Unlearner.untilLike(TinyModel.unseen()).toString())
        .endsWith("stopWhen=like unseen text]");
  }

  @TestFactory
  List<DynamicTest> option_setTwice() {
    return OPTIONS.entrySet().stream()
        .map(
            option ->
                DynamicTest.dynamicTest(
                    option.getKey(),
                    () -> {
                      UnlearnerBuilder builder = Unlearner.builder();
                      option.getValue().accept(builder);
                      assertRefusedAsSet(option, builder);
                    }))
        .toList();
  }

  private static void assertRefusedAsSet(
      Map.Entry<String, Consumer<UnlearnerBuilder>> option, UnlearnerBuilder builder) {
    assertThatThrownBy(() -> option.getValue().accept(builder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(option.getKey() + " was already set");
  }

  @TestFactory
  List<DynamicTest> option_null() {
    return NULLS.entrySet().stream()
        .map(
            option ->
                DynamicTest.dynamicTest(
                    option.getKey(),
                    () ->
                        assertThatNullPointerException()
                            .isThrownBy(() -> option.getValue().accept(Unlearner.builder()))
                            .withMessage(option.getKey())))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
  void number_notPositive(int value) {
    assertThatThrownBy(() -> Unlearner.builder().order(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be > 0, but was: " + value);
    assertThatThrownBy(() -> Unlearner.builder().maxEpochs(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxEpochs must be > 0, but was: " + value);
    assertThatThrownBy(() -> Unlearner.builder().microBatchTokens(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("microBatchTokens must be > 0, but was: " + value);
  }

  @Test
  void untilLike_null() {
    assertThatNullPointerException()
        .isThrownBy(() -> Unlearner.untilLike(null))
        .withMessage("unseen");
  }
}
