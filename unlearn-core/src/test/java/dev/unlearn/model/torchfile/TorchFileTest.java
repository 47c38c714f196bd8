package dev.unlearn.model.torchfile;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of PyTorch's and some written here; see {@code resources/torchfile/README.md}. */
final class TorchFileTest {
  private static final long[] TWO = {2};
  private static final long[] ONE = {1};

  @TempDir Path folder;

  @Test
  void read_stateDictWithViews() {
    Path file = resource("state_dict_protocol2.bin");
    Map<String, StoredTensor> tensors = TorchFile.read(file);

    long base = tensors.get("plain").position();
    long half = tensors.get("half").position();
    long brain = tensors.get("brain").position();
    assertThat(tensors)
        .containsExactly(
            entry(f32(file, "plain", base, List.of(4L, 6L), List.of(6L, 1L))),
            entry(f32(file, "turned", base, List.of(6L, 4L), List.of(1L, 6L))),
            entry(f32(file, "inner", base + 4 * 8, List.of(2L, 3L), List.of(6L, 1L))),
            entry(f32(file, "every_second", base + 4, List.of(2L, 3L), List.of(12L, 2L))),
            entry(f32(file, "expanded", base + 4 * 3, List.of(2L, 3L), List.of(0L, 0L))),
            entry(contiguous(file, "half", ElementType.F16, half, 5L)),
            entry(contiguous(file, "half_end", ElementType.F16, half + 6, 2L)),
            entry(contiguous(file, "brain", ElementType.BF16, brain, 2L, 2L)));
  }

  @Test
  @Tag("engine")
  void read_valuesOfViews() {
    Map<String, StoredTensor> tensors = TorchFile.read(resource("state_dict_protocol2.bin"));

    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      assertThat(values(manager, tensors.get("turned"))).startsWith(0, 6, 12, 18, 1, 7);
      assertThat(values(manager, tensors.get("inner"))).containsExactly(8, 9, 10, 14, 15, 16);
      assertThat(values(manager, tensors.get("every_second"))).containsExactly(1, 3, 5, 13, 15, 17);
      assertThat(values(manager, tensors.get("expanded"))).containsExactly(3, 3, 3, 3, 3, 3);
      assertThat(values(manager, tensors.get("half")))
          .containsExactly(1.5f, -2, 65504, Math.scalb(1f, -24), Float.POSITIVE_INFINITY);
      assertThat(values(manager, tensors.get("half_end")))
          .containsExactly(Math.scalb(1f, -24), Float.POSITIVE_INFINITY);
      assertThat(values(manager, tensors.get("brain")))
          .containsExactly(1.5f, -2, Math.scalb(1f, -133), Float.POSITIVE_INFINITY);
    }
  }

  @Test
  void read_everyType() throws IOException {
    Path file = resource("types_protocol5.bin");
    Map<String, StoredTensor> tensors = TorchFile.read(file);

    for (ElementType type : ElementType.values()) {
      StoredTensor tensor = tensors.get(type.name().toLowerCase(Locale.ROOT));
      assertThat(tensor.type()).isEqualTo(type);
      assertThat(tensor.dimensions()).containsExactly(2L);
      byte[] one = Arrays.copyOfRange(StoredBytes.of(tensor), type.size(), 2 * type.size());
      assertThat(one).as("%s", type).isEqualTo(oneOf(type));
    }
    assertThat(tensors.get("parameter").dimensions()).containsExactly(2L);
    assertThat(tensors.get("scalar").dimensions()).isEmpty();
    assertThat(
            ByteBuffer.wrap(StoredBytes.of(tensors.get("scalar"))).order(ByteOrder.LITTLE_ENDIAN))
        .extracting(ByteBuffer::getFloat)
        .isEqualTo(7f);
    assertThat(tensors.get("empty").dimensions()).containsExactly(0L, 5L);
    assertThat(tensors).hasSize(ElementType.values().length + 3);
  }

  @ParameterizedTest
  @CsvSource({"16,true", "16,false", "4831838208,true"})
  @Tag("engine")
  void read_entriesOfAnySize(long hole, boolean zip64End) {
    long count = hole / 4 + 2;
    byte[] pickle =
        new PickleBytes()
            .op('}', '(')
            .text("large")
            .tensor("FloatStorage", "0", count, 0, new long[] {count}, ONE)
            .text("last")
            .tensor("HalfStorage", "1", 2, 1, ONE, ONE)
            .op('u', '.')
            .done();
    ZipBytes zip =
        new ZipBytes()
            .entry("m/data.pkl", pickle)
            .sparse("m/data/0", hole, floats(1, 2))
            .entry("m/data/1", (byte) 0, (byte) 0, (byte) 0, (byte) 0x3c);
    Path file = (zip64End ? zip : zip.withoutZip64End()).write(folder.resolve("m.bin"));

    Map<String, StoredTensor> tensors = TorchFile.read(file);

    StoredTensor large = tensors.get("large");
    assertThat(large.byteCount()).isEqualTo(hole + 8);
    StoredTensor end =
        StoredTensor.contiguous("end", file, ElementType.F32, List.of(2L), large.end() - 8);
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      assertThat(values(manager, end)).containsExactly(1, 2);
      assertThat(values(manager, tensors.get("last"))).containsExactly(1);
      if (large.position() % 4 == 0) {
        assertThat(StoredBytes.float32(manager, large).getFloat(count - 2)).isEqualTo(1);
      }
    }
  }

  @Test
  @Tag("engine")
  void read_arraysNeverChangeTheFile() throws IOException {
    byte[] pickle = PickleBytes.stateDict("FloatStorage", "0", 2, 0, TWO, ONE);
    Path file = ZipBytes.of(pickle, floats(1, 2)).write(folder.resolve("m.bin"));
    byte[] before = Files.readAllBytes(file);

    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      NDArray array = StoredBytes.float32(manager, TorchFile.read(file).get("w"));
      array.addi(1);
      assertThat(array.toFloatArray()).containsExactly(2, 3);
      assertThat(array.getDataType()).isEqualTo(DataType.FLOAT32);
    }

    assertThat(Files.readAllBytes(file)).isEqualTo(before);
  }

  private static Map.Entry<String, StoredTensor> entry(StoredTensor tensor) {
    return Map.entry(tensor.name(), tensor);
  }

  private static StoredTensor f32(
      Path file, String name, long position, List<Long> shape, List<Long> strides) {
    return new StoredTensor(name, file, ElementType.F32, shape, strides, position);
  }

  private static StoredTensor contiguous(
      Path file, String name, ElementType type, long position, Long... shape) {
    return StoredTensor.contiguous(name, file, type, List.of(shape), position);
  }

  private static float[] values(NDManager manager, StoredTensor tensor) {
    return StoredBytes.float32(manager, tensor).toFloatArray();
  }

  /** The bytes of the number 1. */
  private static byte[] oneOf(ElementType type) {
    ByteBuffer bytes = ByteBuffer.allocate(type.size()).order(ByteOrder.LITTLE_ENDIAN);
    switch (type) {
      case F64 -> bytes.putDouble(1);
      case F32 -> bytes.putFloat(1);
      case F16 -> bytes.putShort((short) 0x3c00);
      case BF16 -> bytes.putShort((short) 0x3f80);
      case F8_E4M3 -> bytes.put((byte) 0x38);
      case F8_E5M2 -> bytes.put((byte) 0x3c);
      default -> bytes.put((byte) 1);
    }
    return bytes.array();
  }

  private static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }

  static Path resource(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(TorchFileTest.class.getResource("/torchfile/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
