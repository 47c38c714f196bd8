package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.Device;
import com.google.common.primitives.Primitives;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.LoraBuilder;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.HealthBound;
import dev.unlearn.api.Interval;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.ReferenceLevels;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.eval.baseline.DpDecoding;
import dev.unlearn.guard.GuardedMetric;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.Precision;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.WeightType;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.OpenUnlearning;
import dev.unlearn.objective.Refusals;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.AdjustableOptimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.optimizer.Schedule;
import dev.unlearn.optimizer.Schedules;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.LogitsTransform;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.contract.FakeCausalLm;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every argument of every public factory and option, one at a time: each bad value is either
 * accepted or refused by a sentence with name, rule and value.
 */
final class BadArgumentsTest {
  private static final Metric METRIC = TokenLoss.of();
  private static final Corpus CORPUS = Corpus.of(List.of(TokenSequence.of(1, 2, 3)));
  private static final ForgettingThresholds THRESHOLDS = ForgettingThresholds.of(3, 12, 0.1, 0.5);
  private static final ReferenceLevels LEVELS =
      ReferenceLevels.of(ForgetSet.of(TokenSequence.of(1, 2, 3)), 2, List.of(0.1), List.of(0.5));
  private static final Objective OBJECTIVE = Objectives.gradientAscent();
  private static final StoppingCriterion CRITERION = StoppingCriteria.maxEpochs(3);
  private static final Schedule SCHEDULE = Schedules.constant();
  private static final LogitsTransform TRANSFORM = (tokens, logits) -> {};

  /** All public methods of these with parameters must be in the list of calls. */
  private static final List<Class<?>> WHOLE =
      List.of(
          Optimizers.class,
          Schedules.class,
          Objectives.class,
          OpenUnlearning.class,
          RetainTerms.class,
          StoppingCriteria.class,
          UtilityGuards.class,
          GuardedMetric.class,
          Strategies.class,
          DpDecoding.class,
          Decoding.Builder.class,
          LoadOptions.Builder.class,
          SaveOptions.Builder.class,
          TaskVectorOptions.Builder.class);

  /** An argument, and a value that is good. */
  private record Arg(String name, Object good) {}

  /**
   * A call of a method, or of a constructor, that has no name.
   *
   * @param on makes the object to call it on; null for a static method
   */
  private record Call(Class<?> type, @Nullable Supplier<?> on, String method, List<Arg> arguments) {

    @Override
    public String toString() {
      return type.getSimpleName() + "." + method + arguments.stream().map(Arg::name).toList();
    }

    Executable executable() {
      Executable[] all = method.isEmpty() ? type.getConstructors() : type.getMethods();
      return Arrays.stream(all).filter(this::fits).findFirst().orElseThrow();
    }

    boolean fits(Executable candidate) {
      Class<?>[] types = candidate.getParameterTypes();
      if (types.length != arguments.size()
          || !(method.isEmpty() || candidate.getName().equals(method))) {
        return false;
      }
      for (int i = 0; i < types.length; i++) {
        if (!Primitives.wrap(types[i]).isInstance(arguments.get(i).good())) {
          return false;
        }
      }
      return true;
    }

    /** Calls with the good values but one, and builds where there is a builder. */
    void with(Arg changed, @Nullable Object value) throws Throwable {
      Object[] values = arguments.stream().map(a -> a.equals(changed) ? value : a.good()).toArray();
      try {
        Executable executable = executable();
        if (executable instanceof Constructor<?> constructor) {
          Object unused = constructor.newInstance(values);
          return;
        }
        Object result = ((Method) executable).invoke(on == null ? null : on.get(), values);
        if (type.getSimpleName().equals("Builder")) {
          Object unused = type.getMethod("build").invoke(result);
        }
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }

  static Stream<Call> calls() {
    List<Call> calls = new ArrayList<>();
    Arg rate = new Arg("learningRate", 1e-3);
    Arg beta1 = new Arg("beta1", 0.9);
    Arg beta2 = new Arg("beta2", 0.9);
    Arg epsilon = new Arg("epsilon", 1e-8);
    Arg decay = new Arg("weightDecay", 0.1);
    Arg momentum = new Arg("momentum", 0.9);
    calls.add(of(Optimizers.class, "adam", rate));
    calls.add(of(Optimizers.class, "adam", rate, beta1, beta2, epsilon));
    calls.add(of(Optimizers.class, "adamW", rate, decay));
    calls.add(of(Optimizers.class, "adamW", rate, beta1, beta2, epsilon, decay));
    calls.add(of(Optimizers.class, "adafactor", rate));
    calls.add(of(Optimizers.class, "sgd", rate));
    calls.add(of(Optimizers.class, "sgd", rate, momentum));
    calls.add(of(Optimizers.class, "nesterov", rate, momentum));
    Supplier<AdjustableOptimizer> adam = () -> Optimizers.adam(1e-3);
    calls.add(on(AdjustableOptimizer.class, adam, "clippedTo", new Arg("maxNorm", 1.0)));
    calls.add(
        on(
            AdjustableOptimizer.class,
            adam,
            "withSchedule",
            new Arg("newSchedule|schedule", SCHEDULE)));
    Arg updates = new Arg("updates", 3);
    calls.add(of(Schedules.class, "linear", updates));
    calls.add(of(Schedules.class, "cosine", updates));
    calls.add(on(Schedule.class, () -> SCHEDULE, "afterWarmUp", updates));

    Arg beta = new Arg("beta", 0.1);
    Arg layer = new Arg("layer", 1);
    Arg coefficient = new Arg("coefficient", 2.0);
    Arg seed = new Arg("seed", 5L);
    for (String name : List.of("npo", "lengthNormalizedNpo", "dpo", "kto", "wga", "undial")) {
      calls.add(of(Objectives.class, name, beta));
    }
    calls.add(of(Objectives.class, "gradientDifference", new Arg("weight", 1.0)));
    calls.add(of(Objectives.class, "simNpo", beta, new Arg("delta", 0.0)));
    calls.add(of(Objectives.class, "satImp", new Arg("b1", 5.0), new Arg("b2", 1.0)));
    calls.add(of(Objectives.class, "ceU", new Arg("skippedTargets", 1)));
    calls.add(of(Objectives.class, "rmu", layer, coefficient, seed));
    calls.add(
        of(
            Objectives.class,
            "pdu",
            new Arg("epsilon", 1.0),
            new Arg("firstMultiplier", 1.0),
            new Arg("rate", 1.0),
            new Arg("warmUpUpdates", 1)));
    calls.add(
        of(OpenUnlearning.class, "rmu", layer, coefficient, seed, new Arg("retainWeight", 1.0)));
    calls.add(of(RetainTerms.class, "hiddenStates", layer));
    Arg weight = new Arg("weight", 1.0);
    Supplier<Objective> ascent = () -> OBJECTIVE;
    calls.add(on(Objective.class, ascent, "plus", weight, new Arg("other", OBJECTIVE)));
    calls.add(on(Objective.class, ascent, "times", weight));
    calls.add(
        on(
            Objective.class,
            ascent,
            "withRetain",
            weight,
            new Arg("term", RetainTerms.crossEntropy())));
    calls.add(of(Refusals.class, "of", new Arg("refusals|texts", List.of("no")), seed));

    Arg metric = new Arg("metric", METRIC);
    Arg corpus = new Arg("corpus", CORPUS);
    Arg value = new Arg("value", 1.0);
    Arg factor = new Arg("factor", 0.5);
    for (String name : List.of("below", "above")) {
      calls.add(of(StoppingCriteria.class, name, metric, value));
      calls.add(of(StoppingCriteria.class, name, metric, corpus, value));
      calls.add(of(StoppingCriteria.class, name + "Baseline", metric, factor));
      calls.add(of(StoppingCriteria.class, name + "Baseline", metric, corpus, factor));
    }
    Arg thresholds = new Arg("thresholds", THRESHOLDS);
    calls.add(of(StoppingCriteria.class, "forgotten", thresholds));
    calls.add(of(StoppingCriteria.class, "everyForgotten", thresholds));
    calls.add(of(StoppingCriteria.class, "forgottenWithin", thresholds, new Arg("maFloor", 0.1)));
    calls.add(of(StoppingCriteria.class, "belowReference", new Arg("levels", LEVELS)));
    calls.add(of(StoppingCriteria.class, "maxEpochs", new Arg("maxEpochs", 3)));
    calls.add(of(StoppingCriteria.class, "maxTotalEpochs", new Arg("maxTotalEpochs", 3)));
    calls.add(
        of(
            StoppingCriteria.class,
            "maxDuration",
            new Arg("maxDuration|duration", Duration.ofHours(1))));
    calls.add(
        of(
            StoppingCriteria.class,
            "patience",
            metric,
            new Arg("epochs", 3),
            new Arg("minChange", 0.1)));
    Supplier<StoppingCriterion> criterion = () -> CRITERION;
    Arg other = new Arg("other|second", CRITERION);
    calls.add(on(StoppingCriterion.class, criterion, "or", other));
    calls.add(on(StoppingCriterion.class, criterion, "and", other));
    calls.add(on(StoppingCriterion.class, criterion, "notBefore", new Arg("minEpochs", 3)));

    Arg validation = new Arg("validation", CORPUS);
    calls.add(of(UtilityGuards.class, "perplexity", validation));
    calls.add(of(UtilityGuards.class, "metric", metric, validation));
    Supplier<GuardedMetric> guard = () -> UtilityGuards.perplexity(CORPUS);
    for (String name : List.of("maxIncrease", "maxDecrease", "atMost", "atLeast")) {
      calls.add(on(GuardedMetric.class, guard, name, new Arg(name, 0.5)));
    }
    calls.add(
        on(
            UtilityGuard.class,
            () -> guard.get().atMost(3),
            "and",
            new Arg("other|second", guard.get().atMost(3))));
    Arg chunks = new Arg("chunks", 3);
    calls.add(of(Strategies.class, "sequential", chunks));
    calls.add(of(Strategies.class, "sequentialOnce", chunks));
    calls.add(of(Strategies.class, "retiring", new Arg("strategy", Strategies.allAtOnce())));

    Supplier<Decoding.Builder> decoding = () -> Decoding.builder().newTokens(3).temperature(1);
    calls.add(option(Decoding.Builder.class, Decoding::builder, "newTokens", 3));
    calls.add(option(Decoding.Builder.class, Decoding::builder, "maxLength", 3));
    calls.add(
        option(Decoding.Builder.class, () -> Decoding.builder().newTokens(3), "temperature", 1.0));
    calls.add(option(Decoding.Builder.class, decoding, "topK", 3));
    calls.add(option(Decoding.Builder.class, decoding, "topP", 0.5));
    calls.add(option(Decoding.Builder.class, decoding, "repetitionPenalty", 1.5));
    calls.add(option(Decoding.Builder.class, decoding, "seed", 3L));
    calls.add(option(Decoding.Builder.class, decoding, "logitsTransform", TRANSFORM));
    calls.add(
        on(
            Decoding.Builder.class,
            decoding,
            "addStopSequence",
            new Arg("stopSequences", TokenSequence.of(3))));
    calls.add(option(LoadOptions.Builder.class, LoadOptions::builder, "decodingBytes", 3L));
    calls.add(
        option(
            LoadOptions.Builder.class,
            LoadOptions::builder,
            "precision",
            Precision.BFLOAT16_MIXED));
    calls.add(option(LoadOptions.Builder.class, LoadOptions::builder, "device", Device.cpu()));
    calls.add(
        option(LoadOptions.Builder.class, LoadOptions::builder, "activationCheckpointing", true));
    calls.add(option(SaveOptions.Builder.class, SaveOptions::builder, "maxShardBytes", 3L));
    calls.add(option(SaveOptions.Builder.class, SaveOptions::builder, "overwrite", true));
    calls.add(
        option(SaveOptions.Builder.class, SaveOptions::builder, "weightType", WeightType.F32));
    Supplier<TaskVectorOptions.Builder> vectors = TaskVectorOptions::builder;
    calls.add(option(TaskVectorOptions.Builder.class, vectors, "alpha", 3.0));
    calls.add(option(TaskVectorOptions.Builder.class, vectors, "epochs", 3));
    calls.add(option(TaskVectorOptions.Builder.class, vectors, "microBatchTokens", 3));
    calls.add(option(TaskVectorOptions.Builder.class, vectors, "optimizer", adam.get()));
    calls.add(option(LoraBuilder.class, Adapters::lora, "rank", 3));
    calls.add(option(LoraBuilder.class, Adapters::lora, "alpha", 3.0));
    calls.add(option(LoraBuilder.class, Adapters::lora, "seed", 3L));
    calls.add(option(LoraBuilder.class, Adapters::lora, "targets", ".*"));
    calls.add(option(LoraBuilder.class, Adapters::lora, "targets", List.of("c_attn")));

    Supplier<TokenSequence> three = () -> TokenSequence.of(1, 2, 3);
    calls.add(of(TokenSequence.class, "of", new Arg("ids", new int[] {1, 2})));
    calls.add(on(TokenSequence.class, three, "withPromptLength", new Arg("promptLength", 1)));
    calls.add(on(TokenSequence.class, three, "head", new Arg("head", 1)));
    calls.add(on(TokenSequence.class, three, "withName", new Arg("newName", "mail 3")));
    calls.add(on(TokenSequence.class, three, "withDomain", new Arg("newDomain", "mail")));
    calls.add(of(ForgetSet.class, "of", new Arg("sequences|forget set", List.of(three.get()))));
    calls.add(
        on(
            ForgetSet.class,
            () -> ForgetSet.of(three.get()),
            "withAlternatives",
            new Arg("newAlternatives|alternatives", List.of(List.of(three.get())))));
    calls.add(of(Corpus.class, "of", new Arg("sequences|corpus", List.of(three.get()))));
    calls.add(of(Corpus.class, "ofTexts", new Arg("texts|corpus", List.of("a text"))));
    calls.add(
        of(HealthBound.class, "", new Arg("maxLossIncrease", 0.1), new Arg("maxMaDrop", 0.1)));
    calls.add(
        of(
            Interval.class,
            "",
            new Arg("low", 0.1),
            new Arg("high", 0.2),
            new Arg("confidence", 0.9)));
    Arg order = new Arg("order", 3);
    Arg length = new Arg("length", 12);
    Arg eosId = new Arg("eosId", 1);
    calls.add(
        of(
            ForgettingThresholds.class,
            "of",
            order,
            length,
            new Arg("el", 0.1),
            new Arg("ma", 0.1)));
    calls.add(of(ExtractionLikelihood.class, "of", order));
    calls.add(of(ExtractionLikelihood.class, "paperCompat", order, length, eosId));
    calls.add(of(MemorizationAccuracy.class, "paperCompat", length, eosId));
    Supplier<ExtractionLikelihood> el = () -> ExtractionLikelihood.of(3);
    Arg prefixes = new Arg("prefixes", 3);
    calls.add(on(ExtractionLikelihood.class, el, "sampled", prefixes));
    calls.add(on(ExtractionLikelihood.class, el, "sampled", prefixes, seed));
    for (String name : List.of("uniformMix", "logitMix")) {
      calls.add(of(DpDecoding.class, name, new Arg("lambda", 0.2)));
    }
    Supplier<DpDecoding> mix = () -> DpDecoding.uniformMix(0.2);
    calls.add(on(DpDecoding.class, mix, "epsilonPerToken", new Arg("vocabularySize", 9)));
    calls.add(
        on(DpDecoding.class, mix, "applied", new Arg("model", FakeCausalLm.ofTable(0)), seed));
    calls.add(on(DpDecoding.class, mix, "extractionLikelihood", order, prefixes, seed));
    return calls.stream();
  }

  private static Call of(Class<?> type, String method, Arg... arguments) {
    return new Call(type, null, method, List.of(arguments));
  }

  private static Call on(Class<?> type, Supplier<?> on, String method, Arg... arguments) {
    return new Call(type, on, method, List.of(arguments));
  }

  /** An option, which is called as its only argument. */
  private static Call option(Class<?> type, Supplier<?> on, String name, Object good) {
    return on(type, on, name, new Arg(name, good));
  }

  @ParameterizedTest
  @MethodSource("calls")
  void argument_bad(Call call) throws Throwable {
    call.with(new Arg("none", 0), null);
    for (Arg argument : call.arguments()) {
      for (Object bad : bad(argument.good())) {
        Throwable refused = catchThrowable(() -> call.with(argument, bad));
        if (refused != null) {
          assertThat(refused).isExactlyInstanceOf(IllegalArgumentException.class);
          assertThat(refused.getMessage())
              .as("%s = %s", argument.name(), bad)
              .containsPattern(argument.name())
              .contains("must")
              .containsPattern(shown(bad));
        }
        assertThat(bad.equals(Double.NaN) && refused == null)
            .as("%s may not be NaN", argument.name())
            .isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("calls")
  void argument_null(Call call) {
    Class<?>[] types = call.executable().getParameterTypes();
    for (int i = 0; i < types.length; i++) {
      Arg argument = call.arguments().get(i);
      if (!types[i].isPrimitive()) {
        assertThat(catchThrowable(() -> call.with(argument, null)))
            .as(argument.name())
            .isExactlyInstanceOf(NullPointerException.class)
            .message()
            .containsPattern("^(" + argument.name() + ")");
      }
    }
  }

  /** What is added to these classes must be added here. */
  @Test
  void calls_complete() {
    List<Call> calls = calls().toList();
    for (Class<?> type : WHOLE) {
      for (Method method : type.getDeclaredMethods()) {
        if (Modifier.isPublic(method.getModifiers())
            && !method.isSynthetic()
            && method.getParameterCount() > 0) {
          assertThat(calls)
              .as("%s", method)
              .anyMatch(
                  call ->
                      call.type() == type
                          && call.method().equals(method.getName())
                          && call.fits(method));
        }
      }
    }
  }

  private static Set<Object> bad(Object good) {
    if (good instanceof Integer) {
      return Set.of(0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    if (good instanceof Long) {
      return Set.of(0L, -1L, Long.MIN_VALUE, Long.MAX_VALUE);
    }
    if (good instanceof Double) {
      return Set.of(
          0.0,
          -0.0,
          -1.0,
          Double.NaN,
          Double.POSITIVE_INFINITY,
          Double.NEGATIVE_INFINITY,
          Double.MAX_VALUE,
          Double.MIN_VALUE);
    }
    if (good instanceof Duration) {
      return Set.of(Duration.ZERO, Duration.ofNanos(-1));
    }
    if (good instanceof List) {
      return Set.of(List.of());
    }
    return Set.of();
  }

  private static String shown(Object bad) {
    return bad instanceof List ? "empty|none|0" : Pattern.quote(bad.toString());
  }
}
