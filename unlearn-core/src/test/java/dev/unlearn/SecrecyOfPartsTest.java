package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.ndarray.NDManager;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.OpenUnlearning;
import dev.unlearn.objective.Refusals;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every part that comes with the library says nothing of what it works on, and stores nothing. */
@Tag("engine")
final class SecrecyOfPartsTest {
  private static TrainableCausalLm model;
  private static ForgetSet set;
  private static Corpus corpus;

  @RegisterExtension final Overheard overheard = new Overheard();

  @BeforeAll
  static void openModel() {
    model = Secret.model();
    ForgetSet bare = ForgetSet.of(model.tokenizer().sequences(Secret.texts(1, 3, 12)));
    set =
        bare.withAlternatives(
            Refusals.of(Secret.texts(3, 2, 3), 1).alternatives(bare, model.tokenizer()));
    corpus = Corpus.ofTexts(Secret.texts(2, 4, 12));
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  static Stream<Objective> objectives() {
    return Stream.of(
        Objectives.gradientAscent(),
        Objectives.gradientDescent(),
        Objectives.gradientDifference(1),
        Objectives.npo(0.1),
        Objectives.lengthNormalizedNpo(1),
        Objectives.simNpo(1, 0),
        Objectives.dpo(0.1),
        Objectives.kto(0.1),
        Objectives.wga(1),
        Objectives.satImp(5, 1),
        Objectives.ceU(),
        Objectives.undial(10),
        Objectives.invertedHinge().withRetain(1, RetainTerms.kl()),
        Objectives.rmu(1, 2, 1).withRetain(1, RetainTerms.hiddenStates(1)),
        Objectives.pdu(1, 1, 1, 1).plus(1, Objectives.npo(0.1)).times(2),
        OpenUnlearning.rmu(1, 2, 1, 1),
        Objectives.gradientAscent().withRetain(1, OpenUnlearning.kl()));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void objective(Objective objective) {
    UnlearnerBuilder builder =
        Unlearner.builder().objective(objective).stopWhen(StoppingCriteria.maxEpochs(1));
    run(objective.needs().contains(Need.RETAIN) ? builder.retain(corpus) : builder);
  }

  static Stream<Metric> metrics() {
    return Stream.of(
        TokenLoss.of(),
        Perplexity.of(),
        MemorizationAccuracy.of(),
        MemorizationAccuracy.paperCompat(8, 0),
        ExtractionLikelihood.of(3),
        ExtractionLikelihood.of(3).sampled(2),
        ExtractionLikelihood.paperCompat(3, 8, 0));
  }

  @ParameterizedTest
  @MethodSource("metrics")
  void metric(Metric metric) {
    overheard.say(metric.measure(model, set.sequences()));
    overheard.say(metric.key() + metric);
    Throwable refused = catchThrowable(() -> metric.check(List.of(TokenSequence.of(Secret.id(1)))));
    if (refused != null) {
      overheard.say(refused);
    }
    StoppingCriterion bound = StoppingCriteria.belowBaseline(metric, corpus, 0.1);
    run(
        Unlearner.builder()
            .stopWhen(
                bound.or(StoppingCriteria.patience(metric, 1, 0)).or(StoppingCriteria.maxEpochs(1)))
            .guard(UtilityGuards.metric(metric, corpus).maxIncrease(0.5)));
  }

  static Stream<UtilityGuard> brokenGuards() {
    return Stream.of(
        UtilityGuards.perplexity(corpus).atMost(0),
        UtilityGuards.metric(MemorizationAccuracy.of(), corpus).atLeast(2),
        UtilityGuards.perplexity(corpus)
            .maxIncrease(9)
            .and(UtilityGuards.perplexity(corpus).atLeast(1e30)));
  }

  @ParameterizedTest
  @MethodSource("brokenGuards")
  void guard_violated(UtilityGuard guard) {
    run(Unlearner.builder().guard(guard).stopWhen(StoppingCriteria.maxEpochs(2)));
  }

  static Stream<Strategy> strategies() {
    return Stream.of(
        Strategies.allAtOnce(),
        Strategies.sequential(2),
        Strategies.sequentialOnce(2),
        Strategies.byDomain(),
        Strategies.retiring(Strategies.sequential(3)));
  }

  @ParameterizedTest
  @MethodSource("strategies")
  void strategy(Strategy strategy) {
    ForgettingThresholds thresholds = ForgettingThresholds.of(3, 12, 0.5, 0.5);
    run(
        Unlearner.builder()
            .strategy(strategy)
            .stopWhen(
                StoppingCriteria.everyForgotten(thresholds)
                    .and(StoppingCriteria.forgotten(thresholds))
                    .or(StoppingCriteria.maxEpochs(2))));
  }

  @ParameterizedTest
  @EnumSource
  void giveUp(GiveUp mode) {
    run(
        Unlearner.builder()
            .objective(Objectives.gradientDifference(1))
            .retain(corpus)
            .randomContext(4, 3)
            .onGiveUp(mode)
            .unseen(corpus)
            .stopWhen(StoppingCriteria.maxEpochs(2)));
  }

  /** What a custom part says of the engine's failure is not ours, but its shapes are no secret. */
  @Test
  void failure_ofACustomPart() {
    fails(
        set,
        Unlearner.builder()
            .objective(c -> c.forget().pass().logits().matMul(c.forget().pass().logits()))
            .stopWhen(StoppingCriteria.maxEpochs(2)));
    fails(
        set,
        Unlearner.builder()
            .objective(
                c -> {
                  throw new IllegalStateException("failed on " + c);
                })
            .stopWhen(StoppingCriteria.maxEpochs(2)));
    fails(
        set,
        Unlearner.builder()
            .guard(
                progress -> {
                  throw new IllegalStateException("failed on " + progress);
                })
            .stopWhen(StoppingCriteria.maxEpochs(2)));
  }

  @Test
  void taskVector() {
    overheard.say(TaskVectors.negate(model, set, TaskVectorOptions.builder().epochs(1).build()));
    overheard.say(
        catchThrowable(
            () -> TaskVectors.negate(model, tooLong(), TaskVectorOptions.builder().build())));
    overheard.say(
        catchThrowable(
            () ->
                TaskVectors.negate(
                    model,
                    set,
                    TaskVectorOptions.builder()
                        .epochs(2)
                        .optimizer(Optimizers.sgd(1e38))
                        .build())));
  }

  @Test
  void decoding() {
    List<TokenSequence> prompts = set.sequences().stream().map(s -> s.head(4)).toList();
    Decoding decoding =
        Decoding.builder()
            .newTokens(3)
            .temperature(1)
            .topK(5)
            .repetitionPenalty(1.2)
            .addStopSequence(TokenSequence.of(Secret.id(1), Secret.id(2)))
            .build();
    overheard.say(decoding);
    overheard.say(model.generate(prompts, decoding));
    overheard.say(catchThrowable(() -> model.generate(prompts, Decoding.greedy(1_000))));
    overheard.say(
        catchThrowable(
            () ->
                model.generate(
                    prompts,
                    Decoding.builder()
                        .newTokens(3)
                        .logitsTransform((tokens, logits) -> logits[0] = Float.NaN)
                        .build())));
    overheard.say(catchThrowable(() -> model.generate(tooLong().sequences(), decoding)));
    overheard.say(catchThrowable(() -> model.score(outside().sequences())));
    overheard.say(catchThrowable(() -> model.tokenizer().encode("zqsecreta zqsecretz")));
  }

  @Test
  void refusal_ofEverySet() {
    for (ForgetSet bad : List.of(tooLong(), outside())) {
      fails(bad, Unlearner.builder().stopWhen(StoppingCriteria.maxEpochs(1)));
      fails(
          set.withAlternatives(List.of(bad.sequences(), bad.sequences(), bad.sequences())),
          Unlearner.builder().objective(Objectives.dpo(1)).stopWhen(StoppingCriteria.maxEpochs(1)));
      Corpus other = Corpus.of(bad.sequences());
      fails(
          set,
          Unlearner.builder()
              .objective(Objectives.gradientDifference(1))
              .retain(other)
              .stopWhen(StoppingCriteria.maxEpochs(1)));
      fails(
          set,
          Unlearner.builder()
              .guard(UtilityGuards.perplexity(other).atMost(1))
              .stopWhen(StoppingCriteria.maxEpochs(1)));
      fails(set, Unlearner.builder().stopWhen(StoppingCriteria.above(TokenLoss.of(), other, 1)));
    }
    fails(set, Unlearner.builder().unseen(Corpus.of(outside().sequences())));
    overheard.say(catchThrowable(() -> set.withAlternatives(List.of(set.sequences()))));
    overheard.say(
        catchThrowable(
            () -> set.withAlternatives(List.of(List.of(TokenSequence.of(Secret.id(3)))))));
    overheard.say(
        catchThrowable(() -> TokenSequence.of(Secret.id(1), Secret.id(2)).withPromptLength(2)));
  }

  @Test
  void values() {
    List<TokenScores> scores = model.score(set.sequences());
    overheard.say(List.of(set, set.sequences(), set.alternatives(), corpus, model, model.info()));
    overheard.say(Corpus.of(set.sequences()));
    overheard.say(Refusals.of(Secret.texts(3, 2, 3), 1));
    overheard.say(scores);
    overheard.say(model.tokenizer());
    overheard.say(Decision.proceed());
    overheard.say(ForgettingThresholds.measure(model, Corpus.of(set.sequences()), 3));
    List<int[]> prefixes = set.sequences().stream().map(s -> new int[] {1, 2, 3}).toList();
    overheard.say(model.continueGreedily(set.sequences(), prefixes));
    overheard.say(GreedyRollouts.of(set.sequences(), prefixes, scores, 1));
    overheard.say(GreedyRollouts.of(set.sequences(), prefixes, scores, 1).rollouts());
    try (NDManager manager = model.manager().newSubManager();
        TokenBatch batch = TokenBatch.of(manager, set.sequences())) {
      overheard.say(batch);
    }
  }

  @Test
  void files(@TempDir Path parent) throws IOException {
    Path adapted = parent.resolve("adapter");
    try (Adapter adapter = Adapters.lora().rank(2).attach(model)) {
      run(Unlearner.builder().stopWhen(p -> Decision.forgotten("enough")));
      adapter.save(adapted);
      overheard.say(adapter);
      overheard.say(adapter.modules());
    }
    Secret.searchFolder(adapted);
    Path saved = parent.resolve("model");
    CausalLms.save(model, saved);
    Files.delete(saved.resolve("tokenizer.json")); // the vocabulary, as it came
    Secret.searchFolder(saved);
    Secret.searchFolder(parent);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE", "decimal", "int32", "int64", "name"})
  void searchFolder_findsWhatItShould(String form, @TempDir Path folder) throws IOException {
    String text = "ab " + Secret.WORDS.get(3);
    byte[] bytes =
        switch (form) {
          case "decimal" -> ("[7, " + Secret.id(4) + "]").getBytes(StandardCharsets.UTF_8);
          case "int32" -> ids(4);
          case "int64" -> ids(8);
          case "name" -> new byte[0];
          default -> text.getBytes(form);
        };
    Path inner = Files.createDirectory(folder.resolve("inner"));
    Files.write(inner.resolve(form.equals("name") ? text : "file"), bytes);
    Throwable found = catchThrowable(() -> Secret.searchFolder(folder));
    assertThat(found).isInstanceOf(AssertionError.class);
  }

  /** Three ids of so many bytes, not at the beginning. */
  private static byte[] ids(int width) {
    ByteBuffer bytes = ByteBuffer.allocate(3 * width + 5).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 3; i++) {
      bytes.putInt(3 + width * i, Secret.id(3 * i));
    }
    return bytes.array();
  }

  private static ForgetSet tooLong() {
    return ForgetSet.of(model.tokenizer().sequences(Secret.texts(4, 1, 40)));
  }

  /** Ids outside the vocabulary that are secret all the same. */
  private static ForgetSet outside() {
    return ForgetSet.of(TokenSequence.of(Secret.id(1), 313_370, 3, 313_371));
  }

  /** Listens to a run that comes to an end of its own. */
  private void run(UnlearnerBuilder builder) {
    overheard.say(builder.build().forget(model, set, overheard.options()));
  }

  /** Listens to a run that is refused or fails. */
  private void fails(ForgetSet what, UnlearnerBuilder builder) {
    overheard.say(catchThrowable(() -> builder.build().forget(model, what, overheard.options())));
  }
}
