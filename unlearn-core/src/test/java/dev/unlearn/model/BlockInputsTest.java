package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a block is given for two rows of ids, the second padded. */
@Tag("engine")
final class BlockInputsTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final NDArray ids = array(3, 1, 4, 2, 6, 0);
  private final NDArray mask = array(1, 1, 1, 1, 1, 0);

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void of_idsAlone() {
    assertThat(inputs(Signature.ids(8))).containsExactly(ids);
  }

  @Test
  void of_inTheOrderAskedFor() {
    NDList maskFirst = inputs(Signature.ids(8).withAttentionMask().withPositionIds());
    NDList positionsFirst = inputs(Signature.ids(8).withPositionIds().withAttentionMask());

    assertThat(maskFirst).hasSize(3);
    assertThat(maskFirst.get(0)).isSameAs(ids);
    assertThat(maskFirst.get(1)).isSameAs(mask);
    assertThat(maskFirst.get(2).toLongArray()).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(positionsFirst).hasSize(3);
    assertThat(positionsFirst.get(1).toLongArray()).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(positionsFirst.get(2)).isSameAs(mask);
  }

  @Test
  void of_textGeneration() {
    NDList inputs = inputs(Signature.textGeneration(8, 3, 4, 5));

    assertThat(inputs).hasSize(3 + 2 * 3);
    assertThat(inputs.get(1).toLongArray()).containsExactly(0, 1, 2, 0, 1, 2);
    assertThat(inputs.get(2).getShape()).isEqualTo(new Shape(2, 4));
    assertThat(inputs.get(2).toLongArray()).containsExactly(0, 1, 1, 1, 0, 1, 1, 0);
    for (NDArray past : inputs.subNDList(3)) {
      assertThat(past.getName()).isEqualTo("past_key_values(3,2)");
      assertThat(past.getShape()).isEqualTo(new Shape(2, 4, 1, 5));
      assertThat(past.getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(past.toFloatArray()).containsOnly(0);
    }
  }

  private NDList inputs(Signature signature) {
    return BlockInputs.of(signature, ids, mask);
  }

  private NDArray array(long... values) {
    return manager.create(values, new Shape(2, 3));
  }
}
