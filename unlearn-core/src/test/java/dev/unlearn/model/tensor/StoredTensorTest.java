package dev.unlearn.model.tensor;

import static dev.unlearn.model.tensor.Tensors.contiguous;
import static dev.unlearn.model.tensor.Tensors.floats;
import static dev.unlearn.model.tensor.Tensors.strided;
import static dev.unlearn.model.tensor.Tensors.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Torch;
import dev.unlearn.optimizer.Optimizers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class StoredTensorTest {
  private static final Path MAPS = Path.of("/proc/self/maps");

  @TempDir Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void toFloat32_writtenTo() throws IOException {
    Path file = write(folder, floats(9, 1.5f, -2, 3, 4));
    byte[] before = Files.readAllBytes(file);
    StoredTensor tensor = contiguous(file, ElementType.F32, 4, 2, 2);

    NDArray array = StoredBytes.float32(manager, tensor);
    array.addi(1);

    assertThat(array.getShape()).isEqualTo(new Shape(2, 2));
    assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(array.getManager()).isSameAs(manager);
    assertThat(manager.getManagedArrays()).hasSize(1);
    assertThat(array.toFloatArray()).containsExactly(2.5f, -1, 4, 5);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
    assertThat(StoredBytes.float32(manager, tensor).toFloatArray()).containsExactly(1.5f, -2, 3, 4);
  }

  @Test
  void toFloat32_ofReadOnlyFile() {
    Path file = write(folder, floats(1.5f, -2));
    assertThat(file.toFile().setWritable(false)).isTrue();

    NDArray array = StoredBytes.float32(manager, contiguous(file, ElementType.F32, 0, 2));
    array.muli(2);

    assertThat(array.toFloatArray()).containsExactly(3, -4);
  }

  @Test
  void toFloat32_isMappedUntilClosed() throws IOException {
    assumeTrue(Files.exists(MAPS));
    Path file = write(folder, floats(1.5f, -2));
    StoredTensor tensor = contiguous(file, ElementType.F32, 0, 2);

    NDArray array = StoredBytes.float32(manager, tensor);
    assertThat(mappingsOf(file)).isEqualTo(1);
    array.close();
    assertThat(mappingsOf(file)).isZero();

    try (NDManager scope = manager.newSubManager()) {
      NDArray viewed = StoredBytes.float32(scope, tensor).reshape(1, 2);
      assertThat(viewed.toFloatArray()).containsExactly(1.5f, -2);
      assertThat(mappingsOf(file)).isEqualTo(1);
    }
    assertThat(mappingsOf(file)).isZero();
  }

  @Test
  void toFloat32_convertedKeepsNoMapping() throws IOException {
    assumeTrue(Files.exists(MAPS));
    Path file = write(folder, new byte[16]);

    NDArray half = StoredBytes.float32(manager, contiguous(file, ElementType.F16, 0, 2));
    NDArray unaligned = StoredBytes.float32(manager, contiguous(file, ElementType.F32, 1, 2));
    NDArray strided =
        StoredBytes.float32(
            manager, new StoredTensor("w", file, ElementType.F32, List.of(2L), List.of(2L), 0));

    assertThat(half.size() + unaligned.size() + strided.size()).isEqualTo(6);
    assertThat(mappingsOf(file)).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 1, 6})
  void toFloat32_strided(int position) {
    Path file = write(folder, new byte[position], floats(0, 1, 2, 3, 4, 5, 6, 7));

    assertThat(values(strided(file, position, List.of(2L, 3L), List.of(1L, 2L))))
        .containsExactly(0, 2, 4, 1, 3, 5);
    assertThat(values(strided(file, position + 4, List.of(2L, 2L), List.of(4L, 1L))))
        .containsExactly(1, 2, 5, 6);
    assertThat(values(strided(file, position + 8, List.of(2L, 2L), List.of(0L, 3L))))
        .containsExactly(2, 5, 2, 5);
  }

  @Test
  void toFloat32_stridedWrittenTo() throws IOException {
    Path file = write(folder, floats(0, 1, 2, 3));
    byte[] before = Files.readAllBytes(file);
    StoredTensor tensor = strided(file, 0, List.of(2L, 2L), List.of(0L, 2L));

    NDArray array = StoredBytes.float32(manager, tensor);
    array.set(new NDIndex(0, 0), 9);

    assertThat(array.toFloatArray()).containsExactly(9, 2, 0, 2);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void toArray_everyType(ElementType type) {
    Path file = write(folder, new byte[64]);
    StoredTensor tensor = contiguous(file, type, 8, 2, 1);

    if (type.djlType().isPresent()) {
      NDArray array = tensor.toArray(manager);
      assertThat(array.getDataType()).isEqualTo(type.djlType().get());
      assertThat(array.getShape()).isEqualTo(new Shape(2, 1));
      assertThat(array.toType(DataType.FLOAT64, false).toDoubleArray()).containsExactly(0, 0);
    } else {
      assertThatThrownBy(() -> tensor.toArray(manager))
          .isInstanceOf(UnlearningException.class)
          .hasMessage(
              file + ": tensor w must be of a type the engine has arrays of, but is " + type);
    }
  }

  @Test
  void toArray_integers() {
    Path file = write(folder, new byte[] {3, 1, 0, 0, 0, 0, 0, (byte) 0x80});

    assertThat(contiguous(file, ElementType.I64, 0).toArray(manager).getLong())
        .isEqualTo(0x8000000000000103L);
    assertThat(contiguous(file, ElementType.I32, 0, 2).toArray(manager).toIntArray())
        .containsExactly(0x103, 0x80000000);
    assertThat(contiguous(file, ElementType.I8, 6, 2).toArray(manager).toByteArray())
        .containsExactly(0, -128);
    assertThat(contiguous(file, ElementType.BOOL, 1, 2).toArray(manager).toBooleanArray())
        .containsExactly(true, false);
  }

  @Test
  void toFloat32_scalarAndEmpty() {
    Path file = write(folder, floats(7));

    NDArray scalar = StoredBytes.float32(manager, contiguous(file, ElementType.F32, 0));
    NDArray empty = StoredBytes.float32(manager, contiguous(file, ElementType.BF16, 4, 0, 5));

    assertThat(scalar.getShape()).isEqualTo(new Shape());
    assertThat(scalar.getFloat()).isEqualTo(7);
    assertThat(empty.getShape()).isEqualTo(new Shape(0, 5));
    assertThat(empty.getDataType()).isEqualTo(DataType.FLOAT32);
    assertThat(empty.toFloatArray()).isEmpty();
  }

  @Test
  void toFloat32_ofIntegers() {
    Path file = write(folder, new byte[8]);

    assertThatThrownBy(() -> StoredBytes.float32(manager, contiguous(file, ElementType.I64, 0, 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("w must be F32, F16 or BF16 to be a weight, but is: I64");
  }

  @Test
  void toFloat32_beyondTwoGiB() throws IOException {
    Path file = folder.resolve("large.bin");
    long end = 2_400_000_000L;
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.WRITE)) {
      assertThat(channel.write(ByteBuffer.wrap(floats(1, 2, 3)), end - 12)).isEqualTo(12);
    }

    NDArray all = StoredBytes.float32(manager, contiguous(file, ElementType.F32, 0, end / 4));
    assertThat(all.getFloat(0)).isZero();
    assertThat(all.getFloat(end / 4 - 2)).isEqualTo(2);
    assertThat(values(contiguous(file, ElementType.F32, end - 8, 2))).containsExactly(2, 3);
    assertThat(values(contiguous(file, ElementType.BF16, end - 4, 2))).containsExactly(0, 3);
    assertThat(values(contiguous(file, ElementType.F32, end - 9, 2))).hasSize(2);
    StoredTensor twoEnds = strided(file, 0, List.of(2L), List.of(end / 4 - 1));
    assertThat(values(twoEnds)).containsExactly(0, 3);
    assertThat(StoredBytes.mapped(manager, twoEnds).toByteArray()).isEqualTo(floats(0, 3));
  }

  @Test
  void file_shorterThanSaid() throws IOException {
    Path file = write(folder, floats(1, 2));

    for (int position : new int[] {4, 1}) {
      StoredTensor tensor = contiguous(file, ElementType.F32, position, 2);
      assertThatThrownBy(() -> StoredBytes.float32(manager, tensor))
          .isInstanceOf(UnlearningException.class)
          .hasMessage("cannot map tensor w of " + file);
      assertThatThrownBy(() -> StoredBytes.mapped(manager, tensor))
          .isInstanceOf(UnlearningException.class)
          .hasMessage("cannot map tensor w of " + file);
    }
    StoredTensor turned = strided(file, 0, List.of(2L, 2L), List.of(1L, 2L));
    assertThatThrownBy(() -> StoredBytes.mapped(manager, turned))
        .isInstanceOf(UnlearningException.class);
    Files.delete(file);
    assertThatThrownBy(() -> StoredBytes.float32(manager, contiguous(file, ElementType.F32, 0, 1)))
        .isInstanceOf(UnlearningException.class);
  }

  @Test
  void file_ofAnUnusualName() throws IOException {
    Path file = folder.resolve("a b'\"%s.bin");
    Files.write(file, floats(4));

    assertThat(values(contiguous(file, ElementType.F32, 0, 1))).containsExactly(4);
  }

  @Test
  void toFloat32_trains() throws IOException {
    Path file = write(folder, floats(1, 2, 3, 4));
    byte[] before = Files.readAllBytes(file);
    NDArray mapped = StoredBytes.float32(manager, contiguous(file, ElementType.F32, 0, 2));
    NDArray copied = StoredBytes.float32(manager, strided(file, 4, List.of(2L), List.of(2L)));
    List<NDArray> parameters = List.of(mapped, copied);
    for (NDArray parameter : parameters) {
      parameter.setRequiresGradient(true);
    }

    try (Torch.GradientMode on = Torch.gradientsOn()) {
      Torch.backward(mapped.mul(copied), manager.ones(new Shape(2)));
    }
    List<NDArray> gradients = parameters.stream().map(NDArray::getGradient).toList();
    try (var state = Optimizers.sgd(0.5).start(manager, parameters)) {
      state.update(gradients);
    }

    // The gradients of mapped · copied are copied and mapped: (1, 2) - (2, 4) / 2 and so on.
    assertThat(mapped.toFloatArray()).containsExactly(0, 0);
    assertThat(copied.toFloatArray()).containsExactly(1.5f, 3);
    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  private float[] values(StoredTensor tensor) {
    return StoredBytes.float32(manager, tensor).toFloatArray();
  }

  private static long mappingsOf(Path file) throws IOException {
    try (Stream<String> lines = Files.lines(MAPS)) {
      return lines.filter(line -> line.endsWith(" " + file)).count();
    }
  }
}
