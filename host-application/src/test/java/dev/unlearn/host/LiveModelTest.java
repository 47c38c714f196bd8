package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.host.LiveModel.Generation;
import dev.unlearn.spi.CausalLm;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class LiveModelTest {
  /** A thread for each, where the common pool of two processors has one for both. */
  private static final Executor THREADS = task -> new Thread(task).start();

  private static final List<TokenSequence> ANYTHING = List.of(TokenSequence.of(1, 2, 3));

  /** Who asks the old model is answered by it, and who asks meanwhile, by the new one. */
  @Test
  void replace_closesTheOldModelAfterItsLastAnswer() throws Exception {
    try (LiveModel live = new LiveModel(Generation.load("original", Demo.MODEL))) {
      CausalLm old = live.ask(model -> model);
      CountDownLatch asked = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(1);
      CompletableFuture<Integer> answer =
          CompletableFuture.supplyAsync(() -> live.ask(model -> slow(model, asked, go)), THREADS);
      asked.await();
      CompletableFuture<Void> replaced =
          CompletableFuture.runAsync(() -> live.replace(1, Demo.MODEL), THREADS);
      while (live.name().equals("original")) {
        Thread.onSpinWait();
      }

      assertThat(live.<String>askGeneration(Generation::name)).isEqualTo("erasure 1");
      int count = live.ask(model -> model.score(ANYTHING).size());
      assertThat(count).isEqualTo(1);
      assertThat(replaced).isNotDone();
      assertThat(old.score(ANYTHING)).hasSize(1);

      go.countDown();
      assertThat(answer.get(1, TimeUnit.MINUTES)).isEqualTo(1);
      Void unused = replaced.get(1, TimeUnit.MINUTES);
      assertThatThrownBy(() -> old.score(ANYTHING))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("closed");
    }
  }

  private static int slow(CausalLm model, CountDownLatch asked, CountDownLatch go) {
    asked.countDown();
    try {
      go.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return model.score(ANYTHING).size();
  }
}
