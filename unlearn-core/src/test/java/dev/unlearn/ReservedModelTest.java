package dev.unlearn;

import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a model refuses while it is unlearned or computes, and once it is closed. */
@Tag("engine")
final class ReservedModelTest {
  private static final String UNLEARNED =
      "the model is being unlearned: start another run, change or close it when this run has ended";
  private static final String ELSEWHERE =
      "the model is being unlearned in another thread: use another copy, or wait for the run to"
          + " end; what the run itself asks for must stay on its thread";
  private static final String COMPUTING =
      "the model is computing: unlearn, change or close it when the call has returned";

  private final TrainableCausalLm model = TinyModel.gpt2(1);
  private final List<TokenSequence> texts = TinyModel.random(1, 2, 6);
  @TempDir Path folder;

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void run_refusesOtherThreads() throws Exception {
    try (NDManager scope = NDManager.newBaseManager();
        TokenBatch batch = TokenBatch.of(scope, texts);
        Predictor<NDList, CausalLMOutput> predictor = CausalLms.predictor(model)) {
      Pass pass = model.pass(batch);
      Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
      calls.put("score", () -> model.score(texts));
      calls.put("generate", () -> model.generate(texts, Decoding.greedy(1)));
      calls.put("continueGreedily", () -> model.continueGreedily(texts, List.of(ints(1), ints(1))));
      calls.put("pass", () -> model.pass(batch));
      calls.put("passWithoutGradients", () -> model.passWithoutGradients(batch));
      calls.put("logProbabilities", pass::logProbabilities);
      calls.put("logits", pass::logits);
      calls.put("hiddenStates", () -> pass.hiddenStates(0));
      calls.put("backward", pass::backward);
      calls.put("parameters", model::parameters);
      calls.put("save", () -> CausalLms.save(model, folder.resolve("saved")));
      calls.put(
          "predict",
          () -> {
            CausalLMOutput unused =
                predictor.predict(new NDList(batch.ids(), batch.ids(), batch.attentionMask()));
          });

      Map<String, @Nullable String> refusals = duringRun(() -> inAnotherThread(calls));

      assertThat(refusals)
          .hasSameSizeAs(calls)
          .allSatisfy((call, why) -> assertSaid(why, ELSEWHERE));
      assertThat(folder).isEmptyDirectory();
      assertThat(model.score(texts)).hasSize(2);
    }
  }

  /** Not even its own thread can do these. */
  @Test
  void run_cannotLoseItsModel() throws Exception {
    try (Adapter adapter = Adapters.lora().attach(model)) {
      Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
      calls.put("forget", () -> until(1).build().forget(model, SET));
      calls.put("negate", () -> TaskVectors.negate(model, SET));
      calls.put("wrapped", () -> until(1).build().forget(new DelegatingCausalLm(model), SET));
      calls.put("close", model::close);
      calls.put("attach", () -> Adapters.lora().attach(model));
      calls.put("trainOnly", () -> Adapters.trainOnly(model, ".*"));
      calls.put("merge", adapter::merge);
      calls.put("close the adapter", adapter::close);

      Map<String, @Nullable String> refusals = duringRun(() -> refusals(calls));
      assertThat(refusals)
          .hasSameSizeAs(calls)
          .allSatisfy((call, why) -> assertSaid(why, UNLEARNED));

      calls.remove("wrapped"); // which asks for parameters first
      calls.remove("trainOnly");
      assertThat(duringRun(() -> inAnotherThread(calls)))
          .hasSameSizeAs(calls)
          .allSatisfy((call, why) -> assertSaid(why, UNLEARNED));
      adapter.merge();
    }
  }

  @Test
  void run_mayUseItsModel() throws Exception {
    Map<String, ThrowingCallable> calls = new LinkedHashMap<>();
    calls.put("score", () -> model.score(texts));
    calls.put("generate", () -> model.generate(texts, Decoding.greedy(1)));
    calls.put("save", () -> CausalLms.save(model, folder.resolve("saved")));

    assertThat(duringRun(() -> refusals(calls)).values()).containsOnlyNulls();
  }

  @Test
  void run_thatFailsGivesTheModelBack() {
    String before = WeightsDigest.of(model);
    assertThatThrownBy(
            () ->
                Unlearner.builder()
                    .stopWhen(
                        progress -> {
                          throw new IllegalStateException("boom");
                        })
                    .build()
                    .forget(model, SET))
        .hasMessageContaining("boom");
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
    assertThat(until(1).build().forget(model, SET).criterionMet()).isTrue();
  }

  @Test
  void listener_mayAskTheModelThatDecodesButNotCloseIt() {
    Map<String, ThrowingCallable> refused = new LinkedHashMap<>();
    refused.put("close", model::close);
    refused.put("forget", () -> until(1).build().forget(model, SET));
    refused.put("attach", () -> Adapters.lora().attach(model));
    List<Map<String, @Nullable String>> seen = new ArrayList<>();
    DecodingListener listener =
        new DecodingListener() {
          @Override
          public boolean cancelled() {
            assertThat(model.score(texts)).hasSize(2);
            seen.add(refusals(refused));
            return false;
          }
        };

    assertThat(model.generate(texts, Decoding.greedy(2), listener)).hasSize(2);
    assertThat(seen)
        .isNotEmpty()
        .allSatisfy(
            refusals ->
                assertThat(refusals)
                    .hasSameSizeAs(refused)
                    .allSatisfy((call, why) -> assertSaid(why, COMPUTING)));
  }

  @Test
  void close_waitsForTheCall() throws Exception {
    AtomicReference<@Nullable CompletableFuture<Void>> closing = new AtomicReference<>();
    DecodingListener listener =
        new DecodingListener() {
          @Override
          public boolean cancelled() {
            if (closing.get() == null) {
              closing.set(CompletableFuture.runAsync(model::close));
            }
            return false;
          }
        };

    List<int[]> continuations = model.generate(texts, Decoding.greedy(20), listener);

    assertThat(continuations).hasSize(2).allMatch(ids -> ids.length == 20);
    closing.get().get(1, TimeUnit.MINUTES);
    assertThat(message(() -> model.score(texts))).isEqualTo("the model is closed");
  }

  @Test
  void closed_whatBelongedToTheModelIsRefused() throws Exception {
    try (NDManager scope = NDManager.newBaseManager();
        TokenBatch batch = TokenBatch.of(scope, texts)) {
      Pass pass = model.pass(batch);
      Adapter adapter = Adapters.lora().attach(model);
      Predictor<NDList, CausalLMOutput> predictor = CausalLms.predictor(model);
      model.close();

      for (ThrowingCallable call :
          List.<ThrowingCallable>of(
              pass::logProbabilities,
              pass::logits,
              pass::backward,
              () -> model.pass(batch),
              () -> CausalLms.predictor(model),
              () -> until(1).build().forget(model, SET),
              () -> Adapters.lora().attach(model),
              adapter::merge,
              () -> adapter.save(folder.resolve("adapter")))) {
        assertThat(message(call)).isEqualTo("the model is closed");
      }
      assertThat(catchThrowable(() -> predictor.predict(new NDList(batch.ids()))))
          .rootCause()
          .hasMessage("the model is closed");
      predictor.close();
      adapter.close();
    }
  }

  /** Runs one epoch and does something after it, in the run's thread. */
  private <T> T duringRun(Supplier<T> action) {
    List<T> results = new ArrayList<>();
    ForgetReport report =
        Unlearner.builder()
            .stopWhen(
                progress -> {
                  results.add(action.get());
                  return Decision.forgotten("enough");
                })
            .build()
            .forget(model, SET);
    assertThat(report.criterionMet()).isTrue();
    return results.get(0);
  }

  private static Map<String, @Nullable String> inAnotherThread(
      Map<String, ThrowingCallable> calls) {
    return CompletableFuture.supplyAsync(() -> refusals(calls))
        .orTimeout(1, TimeUnit.MINUTES)
        .join();
  }

  private static Map<String, @Nullable String> refusals(Map<String, ThrowingCallable> calls) {
    Map<String, @Nullable String> messages = new LinkedHashMap<>();
    calls.forEach((name, call) -> messages.put(name, message(call)));
    return messages;
  }

  private static @Nullable String message(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    while (thrown != null && thrown.getCause() != null) {
      thrown = thrown.getCause(); // a predictor wraps what it meets
    }
    return thrown == null ? null : thrown.getMessage();
  }

  private static void assertSaid(@Nullable String said, String expected) {
    assertThat(said).isEqualTo(expected);
  }

  private static int[] ints(int... values) {
    return values;
  }
}
