package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.train.TokenBatch;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The class is in the API module, which has no engine to test it with. */
@Tag("engine")
final class TokenBatchTest {
  @Test
  void of_raggedWithPrompts() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
        TokenBatch batch =
            TokenBatch.of(
                manager,
                List.of(
                    TokenSequence.of(5, 6),
                    TokenSequence.of(1, 2, 3, 4).withPromptLength(2),
                    TokenSequence.of(7, 8, 9).withPromptLength(1)))) {
      assertThat(batch.size()).isEqualTo(3);
      assertThat(batch.length()).isEqualTo(4);
      assertThat(batch.sequences()).hasSize(3);
      assertThat(batch.ids().getShape()).isEqualTo(new Shape(3, 4));
      assertThat(batch.ids().getDataType()).isEqualTo(DataType.INT64);
      assertThat(batch.ids().toLongArray()).containsExactly(5, 6, 0, 0, 1, 2, 3, 4, 7, 8, 9, 0);
      assertThat(batch.attentionMask().getDataType()).isEqualTo(DataType.INT64);
      assertThat(batch.attentionMask().toLongArray())
          .containsExactly(1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0);
      // Where the next position is a target: not in a prompt, not in padding.
      assertThat(batch.targetMask().getShape()).isEqualTo(new Shape(3, 3));
      assertThat(batch.targetMask().getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(batch.targetMask().toFloatArray()).containsExactly(1, 0, 0, 0, 1, 1, 1, 1, 0);
    }
  }

  @Test
  void of_sequencesOfOneToken() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
        TokenBatch batch = TokenBatch.of(manager, List.of(TokenSequence.of(5)))) {
      assertThat(batch.length()).isEqualTo(1);
      assertThat(batch.targetMask().getShape()).isEqualTo(new Shape(1, 0));
    }
  }

  @Test
  void of_nothing() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      assertThatThrownBy(() -> TokenBatch.of(manager, List.of()).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("a batch must hold at least one sequence, but was empty");
    }
  }

  @Test
  void close_freesItsArrays() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      TokenBatch batch = TokenBatch.of(manager, List.of(TokenSequence.of(5, 6)));
      assertThat(manager.getManagedArrays()).hasSize(3);
      batch.close();
      assertThat(manager.getManagedArrays()).isEmpty();
    }
  }

  @Test
  void toString_withoutIds() {
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
        TokenBatch batch = TokenBatch.of(manager, List.of(TokenSequence.of(31337, 31337)))) {
      assertThat((Object) batch).asString().doesNotContain("31337");
    }
  }
}
