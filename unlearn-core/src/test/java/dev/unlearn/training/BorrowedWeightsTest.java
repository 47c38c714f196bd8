package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.LiveArrays;
import dev.unlearn.TinyModel;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class BorrowedWeightsTest {
  private TrainableCausalLm model;
  private String before;

  @BeforeEach
  void create() {
    model = TinyModel.gptNeo(1);
    before = WeightsDigest.of(model);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void close_bitForBit() {
    try (BorrowedWeights borrowed = new BorrowedWeights(model)) {
      train();
      assertThat(WeightsDigest.of(model)).isNotEqualTo(before);
      borrowed.restore();
      assertThat(WeightsDigest.of(model)).isEqualTo(before);
      train();
    }
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @Test
  void close_afterAnException() {
    assertThatThrownBy(
            () -> {
              try (BorrowedWeights borrowed = new BorrowedWeights(model)) {
                train();
                throw new IllegalStateException("inside");
              }
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("inside")
        .hasNoSuppressedExceptions();
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @Test
  void create_modelIsKeptForThisThread() {
    try (BorrowedWeights borrowed = new BorrowedWeights(model)) {
      assertThatThrownBy(() -> new BorrowedWeights(model).close())
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(
              () ->
                  CompletableFuture.supplyAsync(() -> model.score(TinyModel.random(1, 1, 4)))
                      .join())
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(IllegalStateException.class);
    }
    try (BorrowedWeights again = new BorrowedWeights(model)) {
      train();
    }
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @Test
  void close_leavesNothingBehind() {
    LiveArrays.assertConstant(
        model.manager(),
        2,
        3,
        () -> {
          try (BorrowedWeights borrowed = new BorrowedWeights(model)) {
            train();
          }
        });
  }

  private void train() {
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.sgd(0.1), 4096)) {
      updates.update(TinyModel.random(3, 2, 8));
    }
  }
}
