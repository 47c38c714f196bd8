package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.djl.Model;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two wrappers of one DJL model are one model to those who use them at once. */
@Tag("engine")
final class SharedBlockTest {
  private static final ForgetSet SET = ForgetSet.of(TokenSequence.of(3, 1, 4, 1, 5));

  private final Model model = Model.newInstance("shared", Torch.ENGINE);

  @BeforeEach
  void open() {
    Bigrams block = new Bigrams(logits -> logits);
    block.initialize(model.getNDManager(), DataType.FLOAT32, new Shape(1, 3));
    model.setBlock(block);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void forget_refusesTheOtherWrapper() {
    try (TrainableCausalLm one = wrap();
        TrainableCausalLm other = wrap()) {
      List<@Nullable String> refusals = new ArrayList<>();
      ForgetReport report =
          unlearner(
                  () -> {
                    refusals.add(message(() -> unlearner(() -> {}).forget(other, SET)));
                    refusals.add(message(other::close));
                    refusals.add(message(this::wrap)); // which switches gradients off and on
                    refusals.add(elsewhere(() -> other.score(SET.sequences())));
                  })
              .forget(one, SET);

      assertThat(report.criterionMet()).isTrue();
      assertThat(refusals.subList(0, 3))
          .allSatisfy(why -> assertThat(why).startsWith("the model is being unlearned: "));
      assertThat(refusals.get(3)).startsWith("the model is being unlearned in another thread: ");
      assertThat(unlearner(() -> {}).forget(other, SET).criterionMet()).isTrue();
    }
  }

  @Test
  void wrap_isClosedAlone() {
    try (TrainableCausalLm one = wrap()) {
      wrap().close();
      assertThat(one.score(SET.sequences())).hasSize(1);
    }
  }

  private TrainableCausalLm wrap() {
    return CausalLms.wrap(model, new NoTokenizer(), Signature.ids(8));
  }

  private static Unlearner unlearner(Runnable action) {
    return Unlearner.builder()
        .stopWhen(
            progress -> {
              action.run();
              return Decision.forgotten("enough");
            })
        .build();
  }

  private static @Nullable String elsewhere(ThrowingCallable call) {
    return CompletableFuture.supplyAsync(() -> message(call)).orTimeout(1, TimeUnit.MINUTES).join();
  }

  private static @Nullable String message(ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    return thrown == null ? null : thrown.getMessage();
  }
}
