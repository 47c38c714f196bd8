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
import java.io.IOException;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
  void array_worksOnAPrivateMapping() throws IOException {
    // 8 bytes of length and 56 of header: the data is aligned.
    Path path = write(TWO_FLOATS, 56, SafetensorsBytes.floats(1.5f, -2f));
    byte[] before = Files.readAllBytes(path);

    NDArray array = arrayOf(path, MapMode.PRIVATE, "w");
    array.addi(1f);

    assertThat(array.toFloatArray()).containsExactly(2.5f, -1f);
    assertThat(array.getShape()).isEqualTo(new Shape(2));
    assertThat(Files.readAllBytes(path)).isEqualTo(before);
  }

  @Test
  void array_atAnOddPosition() {
    Path path = write(TWO_FLOATS, 57, SafetensorsBytes.floats(1.5f, -2f));

    assertThat(arrayOf(path, MapMode.PRIVATE, "w").toFloatArray()).containsExactly(1.5f, -2f);
    assertThat(arrayOf(path, MapMode.READ_ONLY, "w").toFloatArray()).containsExactly(1.5f, -2f);
  }

  @Test
  void array_ofReadOnlyFile() {
    Path path = write(TWO_FLOATS, 56, SafetensorsBytes.floats(1.5f, -2f));

    NDArray array = arrayOf(path, MapMode.READ_ONLY, "w");
    array.addi(1f);

    assertThat(array.toFloatArray()).containsExactly(2.5f, -1f);
    assertThat(array.getManager()).isSameAs(manager);
    assertThat(manager.getManagedArrays()).hasSize(1);
  }

  @Test
  void array_scalarAndEmpty() {
    Path path =
        write(
            "{\"s\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
                + "\"e\":{\"dtype\":\"F32\",\"shape\":[0,5],\"data_offsets\":[8,8]}}",
            112,
            new byte[] {3, 1, 0, 0, 0, 0, 0, 0});

    NDArray scalar = arrayOf(path, MapMode.PRIVATE, "s");
    NDArray empty = arrayOf(path, MapMode.PRIVATE, "e");

    assertThat(scalar.getShape()).isEqualTo(new Shape());
    assertThat(scalar.getLong()).isEqualTo(259);
    assertThat(empty.getShape()).isEqualTo(new Shape(0, 5));
    assertThat(empty.toFloatArray()).isEmpty();
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
      NDArray array = arrayOf(path, MapMode.PRIVATE, "w");
      assertThat(array.getDataType()).isEqualTo(type.djlType().get());
      assertThat(array.toType(DataType.FLOAT64, false).toDoubleArray()).containsExactly(0);
    } else {
      assertThatThrownBy(() -> arrayOf(path, MapMode.PRIVATE, "w"))
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
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.array(manager, "scalar")).isEqualTo(scalar);
      assertThat(file.array(manager, "empty").getShape()).isEqualTo(new Shape(0));
      assertThat(file.array(manager, "matrix")).isEqualTo(matrix);
      assertThat(file.array(manager, "turned")).isEqualTo(turned);
      assertThat(file.array(manager, "flags")).isEqualTo(flags);
    }
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
    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.array(manager, "w")).isEqualTo(array);
    }
  }

  @Test
  void tensor_ofTypeWithoutPlace() {
    NDArray half = manager.create(1f).toType(DataType.FLOAT16, false);

    assertThatThrownBy(() -> Tensor.of("w", half))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("array w must be of a type that can be written, but is float16");
  }

  private NDArray arrayOf(Path path, MapMode mode, String name) {
    try (SafetensorsFile file = SafetensorsFile.open(path, mode)) {
      return file.array(manager, name);
    }
  }

  private Path write(String header, int headerLength, byte... data) {
    return SafetensorsBytes.write(
        folder, header + " ".repeat(headerLength - header.length()), data);
  }
}
