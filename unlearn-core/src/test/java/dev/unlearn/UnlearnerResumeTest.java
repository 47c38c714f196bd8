package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.model.Precision;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.EpochProgress;
import dev.unlearn.spi.Lot;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A run that was cut short, again and again, ends as one that was not, bit for bit. */
@Tag("engine")
final class UnlearnerResumeTest {
  private static final ForgetSet SET = TinyModel.recited();
  private static final Corpus RETAIN = Corpus.of(TinyModel.random(3, 7, 10));
  private static final Corpus VALIDATION = Corpus.of(TinyModel.random(4, 3, 12));

  /** Recipes whose state between epochs differs in kind. */
  private static final Map<String, Supplier<UnlearnerBuilder>> RECIPES = recipes();

  @TempDir private Path folder;

  private static Map<String, Supplier<UnlearnerBuilder>> recipes() {
    Map<String, Supplier<UnlearnerBuilder>> recipes = new LinkedHashMap<>();
    recipes.put("adam", () -> recipe().optimizer(Optimizers.adam(2e-3)));
    recipes.put(
        "best weights", () -> recipe().optimizer(Optimizers.adam(2e-2)).onGiveUp(GiveUp.KEEP_BEST));
    recipes.put(
        "last weights",
        () -> recipe().optimizer(Optimizers.adafactor(1e-3)).onGiveUp(GiveUp.KEEP_LAST));
    recipes.put(
        "lots", () -> recipe().optimizer(Optimizers.adam(2e-3)).strategy(Strategies.sequential(3)));
    recipes.put(
        "lots that share an optimizer",
        () -> recipe().optimizer(Optimizers.adam(2e-3)).strategy(new Pairs(Set.of())));
    recipes.put(
        "a fresh optimizer for a lot that takes no update",
        () ->
            unlimited()
                .optimizer(Optimizers.adam(2e-3))
                .strategy(new Pairs(Set.of(0, 2)))
                .stopWhen(new SecondLotAtOnce()));
    recipes.put(
        "reference, retain and random context",
        () ->
            recipe()
                .optimizer(Optimizers.adam(2e-3))
                .objective(Objectives.npo(0.5).withRetain(0.5, RetainTerms.crossEntropy()))
                .retain(RETAIN)
                .retainPerUpdate(3)
                .randomContext(4, 2)
                .seed(5)
                .guard(UtilityGuards.perplexity(VALIDATION).maxIncrease(1e3)));
    recipes.put(
        "objective with a memory",
        () ->
            recipe()
                .optimizer(Optimizers.adam(2e-3))
                .objective(Objectives.pdu(0.5, 1, 0.5, 1))
                .retain(RETAIN));
    recipes.put(
        "measured thresholds",
        () ->
            Unlearner.builder()
                .optimizer(Optimizers.adam(2e-3))
                .unseen(TinyModel.unseen())
                .order(3)
                .maxEpochs(4)
                .healthBound(Recipes.ANYTHING));
    return recipes;
  }

  private static UnlearnerBuilder recipe() {
    return unlimited()
        .stopWhen(
            StoppingCriteria.below(MemorizationAccuracy.of(), 0.6)
                .and(StoppingCriteria.below(ExtractionLikelihood.of(3), 0.5))
                .or(StoppingCriteria.maxEpochs(4)));
  }

  private static UnlearnerBuilder unlimited() {
    return Unlearner.builder().microBatchTokens(24);
  }

  /** Lots of two sequences; those that begin with a given one have an optimizer of their own. */
  private record Pairs(Set<Integer> fresh) implements Strategy {
    @Override
    public Optional<Lot> next(ForgetSet set, List<EpochReport> history) {
      int begun = (int) history.stream().filter(report -> report.lotEpoch() == 0).count();
      int first = 2 * begun;
      return first < set.size()
          ? Optional.of(new Lot(List.of(first, first + 1), fresh.contains(first), true))
          : Optional.empty();
    }

    @Override
    public String description() {
      return "pairs" + fresh;
    }
  }

  /** Three updates for every lot but the second, which takes none. */
  private record SecondLotAtOnce() implements StoppingCriterion {
    @Override
    public Decision evaluate(EpochProgress progress) {
      boolean second = progress.lot().get(0).equals(SET.sequences().get(2));
      return second || progress.lotEpoch() == 3 ? Decision.forgotten("enough") : Decision.proceed();
    }

    @Override
    public String description() {
      return "second lot at once";
    }
  }

  static Stream<String> kinds() {
    return RECIPES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void forget_cutShortAgainAndAgain(String kind) throws Exception {
    assertResumes(RECIPES.get(kind), Precision.FLOAT32);
  }

  /** The loss of half precision has a scale that goes on where it was. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLOAT32")
  void forget_mixedPrecisionCutShort(Precision precision) throws Exception {
    // Times 2^10, the first gradient is more than half precision has.
    Objective steep = Objectives.pdu(0.5, 1, 0.5, 1).times(0x1p10);
    assertResumes(
        () -> recipe().optimizer(Optimizers.adam(2e-3)).objective(steep).retain(RETAIN), precision);
  }

  private void assertResumes(Supplier<UnlearnerBuilder> recipe, Precision precision)
      throws Exception {
    ForgetReport whole;
    String expected;
    try (TrainableCausalLm model = TinyModel.reciting(precision)) {
      whole = recipe.get().build().forget(model, SET);
      expected = WeightsDigest.of(model);
    }
    assertThat(whole.epochCount()).isGreaterThan(1);
    // Each call may do some steps more than the one before it, until one gets to the end.
    int calls = 0;
    ForgetReport report;
    do {
      try (TrainableCausalLm model = TinyModel.reciting(precision)) {
        String original = WeightsDigest.of(model);
        RunOptions options = stoppedAfter(5 + 2 * calls++);
        report = recipe.get().build().forget(model, SET, options);
        if (report.outcome() == Outcome.CANCELLED) {
          assertThat(WeightsDigest.of(model)).isEqualTo(original);
        } else {
          assertThat(WeightsDigest.of(model)).isEqualTo(expected);
        }
      }
    } while (report.outcome() == Outcome.CANCELLED);
    assertThat(calls).isGreaterThan(2);
    assertSame(report, whole);
    assertThat(report.resumedAfter()).isPresent();
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).isEmpty();
    }
  }

  private static void assertSame(ForgetReport report, ForgetReport whole) {
    assertThat(report.outcome()).isEqualTo(whole.outcome());
    assertThat(report.reason()).isEqualTo(whole.reason());
    assertThat(report.weightsOfEpoch()).isEqualTo(whole.weightsOfEpoch());
    assertThat(report.health()).isEqualTo(whole.health());
    assertThat(report.digests()).isEqualTo(whole.digests());
    assertThat(report.epochs()).hasSameSizeAs(whole.epochs());
    for (int i = 0; i < whole.epochs().size(); i++) {
      EpochReport epoch = report.epochs().get(i);
      EpochReport expected = whole.epochs().get(i);
      assertThat(epoch.lot()).isEqualTo(expected.lot());
      assertThat(epoch.loss()).isEqualTo(expected.loss());
      assertThat(epoch.objective()).isEqualTo(expected.objective());
      assertThat(epoch.gradientNorm()).isEqualTo(expected.gradientNorm());
      assertThat(epoch.metrics()).isEqualTo(expected.metrics());
      assertThat(epoch.otherMetrics()).isEqualTo(expected.otherMetrics());
      assertThat(epoch.decision()).isEqualTo(expected.decision());
    }
  }

  /** What is not trained is no part of the state, but of what must be the same. */
  @Test
  void forget_adapter() {
    String expected;
    try (TrainableCausalLm model = TinyModel.reciting();
        Adapter adapter = adapter(model)) {
      ForgetReport whole = adapted().build().forget(model, SET);
      expected = WeightsDigest.of(model);
      assertThat(whole.epochCount()).isEqualTo(4);
    }
    try (TrainableCausalLm model = TinyModel.reciting();
        Adapter adapter = adapter(model)) {
      assertThat(adapted().build().forget(model, SET, stoppedAfter(14)).outcome())
          .isEqualTo(Outcome.CANCELLED);
    }
    try (TrainableCausalLm other = TinyModel.gpt2(9);
        Adapter adapter = adapter(other)) {
      assertRefused(other, adapted(), SET, "another model");
    }
    try (TrainableCausalLm model = TinyModel.reciting();
        Adapter adapter = adapter(model)) {
      RunOptions options = RunOptions.builder().workDirectory(folder).build();
      ForgetReport report = adapted().build().forget(model, SET, options);
      assertThat(report.resumedAfter()).isPresent();
      assertThat(WeightsDigest.of(model)).isEqualTo(expected);
    }
  }

  private static Adapter adapter(TrainableCausalLm model) {
    return Adapters.lora().rank(2).targets(List.of("c_attn", "c_fc")).seed(3).attach(model);
  }

  private static UnlearnerBuilder adapted() {
    return Unlearner.builder()
        .microBatchTokens(24)
        .optimizer(Optimizers.adam(1e-2))
        .onGiveUp(GiveUp.KEEP_LAST)
        .stopWhen(StoppingCriteria.maxEpochs(4));
  }

  private RunOptions stoppedAfter(int steps) {
    AtomicInteger asked = new AtomicInteger();
    return RunOptions.builder()
        .workDirectory(folder)
        .cancelWhen(() -> asked.incrementAndGet() > steps)
        .build();
  }

  /** All epochs are kept and the run has come to its decision, but not to its end. */
  @ParameterizedTest
  @EnumSource(GiveUp.class)
  void forget_cutShortAfterTheLastEpoch(GiveUp onGiveUp) {
    Supplier<Unlearner> unlearner =
        () ->
            recipe()
                .optimizer(Optimizers.adam(2e-2))
                .unseen(TinyModel.unseen())
                .healthBound(Recipes.ANYTHING)
                .onGiveUp(onGiveUp)
                .build();
    ForgetReport whole;
    try (TrainableCausalLm model = TinyModel.reciting()) {
      whole = unlearner.get().forget(model, SET);
      assertThat(whole.health()).isPresent();
    }
    AtomicBoolean stop = new AtomicBoolean();
    UnlearningListener stopping =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            stop.set(progress.epoch() > 0 && progress.what().equals("health on unseen text"));
          }
        };
    try (TrainableCausalLm model = TinyModel.reciting()) {
      RunOptions.Builder options = RunOptions.builder().workDirectory(folder);
      ForgetReport cut =
          unlearner
              .get()
              .forget(model, SET, options.listener(stopping).cancelWhen(stop::get).build());
      assertThat(cut.outcome()).isEqualTo(Outcome.CANCELLED);
      assertThat(cut.epochs()).hasSameSizeAs(whole.epochs());
      assertThat(cut.restored()).isTrue();

      RunOptions again = RunOptions.builder().workDirectory(folder).build();
      ForgetReport report = unlearner.get().forget(model, SET, again);
      assertSame(report, whole);
      assertThat(report.resumedAfter()).hasValue(whole.epochCount());
      assertThat(WeightsDigest.of(model)).isEqualTo(whole.digests().get("model.after"));
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void forget_otherModelSetOrRecipe() {
    cutShort(recipe().optimizer(Optimizers.adam(2e-3)), SET);
    try (TrainableCausalLm model = TinyModel.reciting()) {
      assertRefused(model, recipe().optimizer(Optimizers.adam(1e-3)), SET, "optimizer");
      assertRefused(model, recipe().seed(3).optimizer(Optimizers.adam(2e-3)), SET, "seed");
      ForgetSet other = ForgetSet.of(SET.sequences().subList(1, 6));
      assertRefused(model, recipe().optimizer(Optimizers.adam(2e-3)), other, "forget set");
    }
    try (TrainableCausalLm model = TinyModel.gpt2(4)) {
      assertRefused(model, recipe().optimizer(Optimizers.adam(2e-3)), SET, "another model");
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FLOAT32")
  void forget_otherPrecision(Precision precision) {
    cutShort(recipe().optimizer(Optimizers.adam(2e-3)), SET);
    try (TrainableCausalLm model = TinyModel.reciting(precision)) {
      assertRefused(
          model,
          recipe().optimizer(Optimizers.adam(2e-3)),
          SET,
          "setting precision, but it was: FLOAT32, and is now: " + precision);
    }
  }

  @Test
  void forget_otherAdapter() {
    try (TrainableCausalLm model = TinyModel.reciting();
        Adapter adapter = Adapters.lora().alpha(4).seed(3).attach(model)) {
      assertThat(adapted().build().forget(model, SET, stoppedAfter(14)).outcome())
          .isEqualTo(Outcome.CANCELLED);
    }
    try (TrainableCausalLm model = TinyModel.reciting();
        Adapter adapter = Adapters.lora().alpha(64).seed(3).attach(model)) {
      assertRefused(model, adapted(), SET, "another model");
    }
  }

  /** Neither the criterion's nor the guard's text is in its description. */
  @Test
  void forget_otherMeasuredText() {
    cutShort(measuring(VALIDATION, RETAIN), SET);
    Corpus other = Corpus.of(TinyModel.random(5, 3, 12));
    try (TrainableCausalLm model = TinyModel.reciting()) {
      assertRefused(model, measuring(other, RETAIN), SET, "measured text 1");
      Corpus alike = Corpus.of(TinyModel.random(6, 7, 10));
      assertRefused(model, measuring(VALIDATION, alike), SET, "measured text 2");
    }
  }

  private static UnlearnerBuilder measuring(Corpus guarded, Corpus watched) {
    return unlimited()
        .optimizer(Optimizers.adam(2e-3))
        .guard(UtilityGuards.perplexity(guarded).maxIncrease(1e3))
        .stopWhen(
            StoppingCriteria.below(MemorizationAccuracy.of(), watched, 0)
                .or(StoppingCriteria.maxEpochs(4)));
  }

  /** Two lambdas cannot be told apart. */
  @Test
  void forget_partWithoutDescription() {
    try (TrainableCausalLm model = TinyModel.reciting()) {
      assertRefused(
          model,
          unlimited().stopWhen(progress -> Decision.forgotten("at once")),
          SET,
          "stopWhen is: custom stopping criterion, or max-epochs(100); let description() say what it"
              + " is");
      assertRefused(
          model,
          Unlearner.builder()
              .optimizer(
                  (manager, parameters) -> {
                    throw new AssertionError();
                  })
              .stopWhen(StoppingCriteria.maxEpochs(1)),
          SET,
          "optimizer is: custom optimizer; let description() say what it is");
    }
    assertThat(folder).isEmptyDirectory();
  }

  private void cutShort(UnlearnerBuilder recipe, ForgetSet set) {
    try (TrainableCausalLm model = TinyModel.reciting()) {
      assertThat(recipe.build().forget(model, set, stoppedAfter(14)).epochs()).isNotEmpty();
    }
  }

  private void assertRefused(
      TrainableCausalLm model, UnlearnerBuilder recipe, ForgetSet set, String named) {
    String before = WeightsDigest.of(model);
    RunOptions options = RunOptions.builder().workDirectory(folder).build();
    assertThatThrownBy(() -> recipe.build().forget(model, set, options))
        .isInstanceOfAny(IllegalArgumentException.class, UnlearningException.class)
        .hasMessageContaining(named);
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }
}
