package dev.unlearn.model.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.TensorBytes;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("engine")
final class SafetensorsArraysTest {
  private static final String TWO_FLOATS =
      "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";

  @TempDir Path folder;
  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("PyTorch");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void array_writtenTo() throws IOException {
    Path path = write(TWO_FLOATS, 56, SafetensorsBytes.floats(1.5f, -2f));
    byte[] before = Files.readAllBytes(path);

    NDArray array = SafetensorsFile.read(path).array(manager, "w");
    array.addi(1f);

    assertThat(array.toFloatArray()).containsExactly(2.5f, -1f);
    assertThat(array.getShape()).isEqualTo(new Shape(2));
    assertThat(array.getManager()).isSameAs(manager);
    assertThat(path).hasBinaryContent(before);
  }

  @Test
  void array_unknownName() {
    Path path = write(TWO_FLOATS, 56, new byte[8]);

    assertThatThrownBy(() -> SafetensorsFile.read(path).array(manager, "other"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(path + " has no tensor named other");
  }

  @ParameterizedTest
  @EnumSource(ElementType.class)
  void array_everyType(ElementType type) {
    Path path =
        write(
            "{\"w\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,%d]}}"
                .formatted(type, type.size()),
            64,
            new byte[type.size()]);

    if (type.djlType().isPresent()) {
      NDArray array = SafetensorsFile.read(path).array(manager, "w");
      assertThat(array.getDataType()).isEqualTo(type.djlType().get());
      assertThat(array.toType(DataType.FLOAT64, false).toDoubleArray()).containsExactly(0);
    } else {
      assertThatThrownBy(() -> SafetensorsFile.read(path).array(manager, "w"))
          .isInstanceOf(UnlearningException.class)
          .hasMessage(
              path
                  + ": tensor w must be of a type the engine has arrays of, but is "
                  + type.name());
    }
  }

  @Test
  void write_arraysOfOddShapes() {
    NDArray scalar = manager.create(3.5f);
    NDArray empty = manager.create(new Shape(0));
    NDArray matrix = manager.arange(15f).reshape(3, 5);
    NDArray flags = manager.create(new boolean[] {true, false, true});
    // A view whose rows do not follow one another in memory.
    NDArray turned = matrix.transpose();
    int arrays = manager.getManagedArrays().size();
    Path path = folder.resolve("m.safetensors");

    SafetensorsWriter.write(
        path,
        Map.of(),
        List.of(
            Tensor.of("scalar", scalar),
            Tensor.of("empty", empty),
            Tensor.of("matrix", matrix),
            Tensor.of("turned", turned),
            Tensor.of("flags", flags)));

    assertThat(manager.getManagedArrays()).hasSize(arrays);
    SafetensorsFile file = SafetensorsFile.read(path);
    assertThat(file.array(manager, "scalar")).isEqualTo(scalar);
    assertThat(file.array(manager, "empty").getShape()).isEqualTo(new Shape(0));
    assertThat(file.array(manager, "matrix")).isEqualTo(matrix);
    assertThat(file.array(manager, "turned")).isEqualTo(turned);
    assertThat(file.array(manager, "flags")).isEqualTo(flags);
  }

  @Test
  void write_arrayOfSeveralSlices() {
    long length = 2L * TensorBytes.SLICE_BYTES / Float.BYTES + 3;
    NDArray array = manager.arange(0, (int) length, 1, DataType.FLOAT32).reshape(1, length);
    array.setRequiresGradient(true);
    int arrays = manager.getManagedArrays().size();
    Path path = folder.resolve("m.safetensors");

    SafetensorsWriter.write(path, Map.of(), List.of(Tensor.of("w", array)));

    assertThat(manager.getManagedArrays()).hasSize(arrays);
    assertThat(SafetensorsFile.read(path).array(manager, "w")).isEqualTo(array);
  }

  /**
   * Bit patterns by hand. BF16 keeps 7 bits after the point: 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷ and
   * goes to the even one, 1; 1 + 3 · 2⁻⁸ goes up to 1 + 2⁻⁶. F16 keeps 10 bits. 2⁻²⁴ is its
   * smallest subnormal.
   */
  @Test
  void write_rounded() {
    NDArray array =
        manager.create(
            new float[] {
              1f,
              1 + 0x1p-8f,
              1 + 0x1.8p-7f,
              1 + 0x1.02p-8f,
              1 + 0x1p-11f,
              1 + 0x1.8p-10f,
              0x1p-24f,
              -0f,
              -65504f,
              Float.NEGATIVE_INFINITY,
              Float.NaN
            });

    assertThat(written(array, ElementType.BF16))
        .containsExactly(
            0x3f80, 0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x3f80, 0x3380, 0x8000, 0xc780, 0xff80, 0x7fc0);
    assertThat(written(array.get(":10"), ElementType.F16))
        .containsExactly(
            0x3c00, 0x3c04, 0x3c0c, 0x3c04, 0x3c00, 0x3c02, 0x0001, 0x8000, 0xfbff, 0xfc00);
  }

  @Test
  void write_tooLargeForF16() {
    Path path = folder.resolve("m.safetensors");
    NDArray array = manager.create(new float[] {1, -65520});

    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    path, Map.of(), List.of(Tensor.of("w", array, ElementType.F16))))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(
            "tensor w must have values up to 65504 to be written as F16, but has one of size"
                + " 65520.0");
    assertThat(path).doesNotExist();
    assertThat(written(manager.create(new float[] {65519}), ElementType.F16))
        .containsExactly(0x7bff);
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void write_roundedInSeveralSlices(ElementType type) {
    long length = 2L * TensorBytes.SLICE_BYTES / Float.BYTES + 3;
    NDArray array =
        manager.arange(0, (int) length, 1, DataType.FLOAT32).mod(200).reshape(1, length);
    array.setRequiresGradient(true);
    int arrays = manager.getManagedArrays().size();
    Path path = folder.resolve("m.safetensors");

    SafetensorsWriter.write(path, Map.of(), List.of(Tensor.of("w", array, type)));

    assertThat(manager.getManagedArrays()).hasSize(arrays);
    StoredTensor stored = SafetensorsFile.read(path).tensors().get("w");
    assertThat(stored.type()).isEqualTo(type);
    assertThat(StoredBytes.float32(manager, stored)).isEqualTo(array);
  }

  @Test
  void write_bytesOfAnotherType() {
    Path path = folder.resolve("m.safetensors");
    NDArray bytes = manager.create(new byte[] {1, 2, 3, 4}).toType(DataType.UINT8, false);

    SafetensorsWriter.write(
        path, Map.of(), List.of(Tensor.of("w", ElementType.BF16, List.of(1L, 2L), bytes)));

    StoredTensor stored = SafetensorsFile.read(path).tensors().get("w");
    assertThat(stored.type()).isEqualTo(ElementType.BF16);
    assertThat(stored.dimensions()).containsExactly(1L, 2L);
    assertThat(StoredBytes.of(stored)).containsExactly(1, 2, 3, 4);
  }

  /** Returns the 16 bits of each element as the writer writes them. */
  private int[] written(NDArray array, ElementType type) {
    Path path = folder.resolve(type + ".safetensors");
    SafetensorsWriter.write(path, Map.of(), List.of(Tensor.of("w", array, type)));
    ByteBuffer bytes =
        ByteBuffer.wrap(StoredBytes.of(SafetensorsFile.read(path).tensors().get("w")))
            .order(ByteOrder.LITTLE_ENDIAN);
    return IntStream.range(0, (int) array.size()).map(i -> bytes.getShort() & 0xffff).toArray();
  }

  private Path write(String header, int headerLength, byte... data) {
    return SafetensorsBytes.write(
        folder, header + " ".repeat(headerLength - header.length()), data);
  }
}
