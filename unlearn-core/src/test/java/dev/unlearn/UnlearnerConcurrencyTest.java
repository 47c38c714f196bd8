package dev.unlearn;

import static dev.unlearn.Recipes.SET;
import static dev.unlearn.Recipes.until;
import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Several models in several threads: each does, bit for bit, what it does alone. */
@Tag("engine")
final class UnlearnerConcurrencyTest {
  private static final List<TokenSequence> TEXTS = TinyModel.random(3, 5, TinyModel.LENGTH);

  /** Few, for every build; set the property to look for rare races. */
  private static final int ROUNDS = Integer.getInteger("unlearn.test.rounds", 3);

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() throws InterruptedException {
    threads.shutdown();
    assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
  }

  /** At once first, so that what is made once per process is made by two threads at once. */
  @Test
  void forget_modelsInThreads() throws Exception {
    List<Callable<String>> runs =
        List.of(
            () -> unlearned(TinyModel.gpt2(1)),
            () -> unlearned(TinyModel.gptNeo(2)),
            () -> unlearned(TinyModel.gpt2(3)),
            () -> taskVectorNegated(TinyModel.gptNeo(4)));
    List<List<String>> together = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      together.add(atOnce(runs));
    }
    List<String> alone = new ArrayList<>();
    for (Callable<String> run : runs) {
      alone.add(run.call());
    }
    assertThat(together).allMatch(alone::equals);
  }

  @Test
  void score_andGenerateWhileAnotherModelIsUnlearned() throws Exception {
    try (TrainableCausalLm served = TinyModel.gptNeo(5)) {
      Answers alone = Answers.of(served);
      AtomicBoolean ended = new AtomicBoolean();
      Callable<String> run =
          () -> {
            try {
              for (int round = 0; round < ROUNDS; round++) {
                assertThat(unlearned(TinyModel.gpt2(1))).isNotEmpty();
              }
              return "";
            } finally {
              ended.set(true);
            }
          };
      Callable<String> serving =
          () -> {
            while (!ended.get()) {
              assertThat(Answers.of(served)).isEqualTo(alone);
            }
            return "";
          };
      Callable<String> loading =
          () -> {
            for (int seed = 0; !ended.get(); seed++) {
              try (TrainableCausalLm other = TinyModel.gpt2(seed)) {
                assertThat(other.score(TEXTS)).hasSize(TEXTS.size());
              }
            }
            return "";
          };
      // Two of them ask the same model, and take turns.
      assertThat(atOnce(List.of(run, serving, serving, loading))).hasSize(4);
    }
  }

  /** Freeing weights under a computation ends the JVM. */
  @Test
  void close_whileThreadsAsk() throws Exception {
    for (int round = 0; round < 10 * ROUNDS; round++) {
      TrainableCausalLm model = TinyModel.gpt2(round);
      int millis = round % 7;
      Callable<String> asking = () -> refusal(model);
      Callable<String> closing =
          () -> {
            TimeUnit.MILLISECONDS.sleep(millis);
            model.close();
            return "closed";
          };
      assertThat(atOnce(List.of(asking, asking, closing)))
          .containsExactly("the model is closed", "the model is closed", "closed");
    }
  }

  private static String refusal(TrainableCausalLm model) {
    try {
      while (true) {
        assertThat(Answers.of(model)).isNotNull();
      }
    } catch (IllegalStateException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static String unlearned(TrainableCausalLm opened) {
    try (TrainableCausalLm model = opened) {
      assertThat(until(6).objective(Objectives.npo(0.1)).build().forget(model, SET).criterionMet())
          .isTrue();
      return WeightsDigest.of(model);
    }
  }

  private static String taskVectorNegated(TrainableCausalLm opened) {
    try (TrainableCausalLm model = opened) {
      TaskVectors.negate(
          model,
          SET,
          TaskVectorOptions.builder().epochs(4).optimizer(Optimizers.adam(1e-3)).alpha(1).build());
      return WeightsDigest.of(model);
    }
  }

  private <T> List<T> atOnce(List<Callable<T>> calls) throws Exception {
    CyclicBarrier start = new CyclicBarrier(calls.size());
    List<Future<T>> futures = new ArrayList<>();
    for (Callable<T> call : calls) {
      futures.add(
          threads.submit(
              () -> {
                int unused = start.await();
                return call.call();
              }));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> future : futures) {
      results.add(future.get(2, TimeUnit.MINUTES));
    }
    return results;
  }

  private record Answers(List<Double> losses, List<List<Integer>> continuations) {
    static Answers of(TrainableCausalLm model) {
      List<List<Integer>> continuations = new ArrayList<>();
      for (int[] ids : model.generate(TEXTS, Decoding.greedy(8))) {
        continuations.add(Arrays.stream(ids).boxed().toList());
      }
      return new Answers(
          model.score(TEXTS).stream().map(TokenScores::negativeLogLikelihood).toList(),
          continuations);
    }
  }
}
