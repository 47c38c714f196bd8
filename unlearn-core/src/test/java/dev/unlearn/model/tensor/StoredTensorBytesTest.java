package dev.unlearn.model.tensor;

import static dev.unlearn.model.tensor.Tensors.contiguous;
import static dev.unlearn.model.tensor.Tensors.floats;
import static dev.unlearn.model.tensor.Tensors.write;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Elements as they are, of types the engine has no arrays of as well. */
@Tag("engine")
final class StoredTensorBytesTest {
  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);

  @TempDir Path folder;

  @AfterEach
  void close() {
    manager.close();
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void toBytes_everyType(ElementType type) throws IOException {
    int size = type.size();
    byte[] content = new byte[1 + 6 * size];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (type == ElementType.BOOL ? i % 2 : 37 * i);
    }
    Path file = write(folder, content);
    byte[] turned = new byte[4 * size];
    int[] order = {0, 2, 1, 3};
    for (int position = 0; position <= 1; position++) {
      for (int i = 0; i < order.length; i++) {
        System.arraycopy(content, position + order[i] * size, turned, i * size, size);
      }

      StoredTensor plain = contiguous(file, type, position, 2, 3);
      StoredTensor strided =
          new StoredTensor("w", file, type, List.of(2L, 2L), List.of(1L, 2L), position);

      byte[] straight = Arrays.copyOfRange(content, position, position + 6 * size);
      assertThat(StoredBytes.mapped(manager, plain).toByteArray()).isEqualTo(straight);
      assertThat(StoredBytes.mapped(manager, strided).toByteArray()).isEqualTo(turned);
    }
  }

  @Test
  void toBytes_scalarAndEmpty() throws IOException {
    Path file = write(folder, floats(7));

    assertThat(bytes(contiguous(file, ElementType.F32, 0))).isEqualTo(floats(7));
    assertThat(bytes(contiguous(file, ElementType.U16, 4, 0, 3))).isEmpty();
    assertThat(
            bytes(
                new StoredTensor("w", file, ElementType.U16, List.of(3L, 0L), List.of(7L, 5L), 4)))
        .isEmpty();
  }

  private byte[] bytes(StoredTensor tensor) {
    return StoredBytes.mapped(manager, tensor).toByteArray();
  }

  @Test
  void toBytes_ofFileReplacedSince() throws IOException {
    Path file = write(folder, new byte[] {1, 2, 3, 4});
    NDArray bytes = StoredBytes.mapped(manager, contiguous(file, ElementType.BF16, 0, 2));
    NDArray none = StoredBytes.mapped(manager, contiguous(file, ElementType.BF16, 0, 0));

    Files.delete(file);
    Files.write(file, new byte[] {9, 9, 9, 9});

    assertThat(bytes.toByteArray()).containsExactly(1, 2, 3, 4);
    assertThat(none.getShape()).isEqualTo(new Shape(0));
  }
}
