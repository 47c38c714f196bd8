package dev.unlearn.model.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SafetensorsWriterTest {
  @TempDir Path folder;

  @Test
  void write_bytes() throws IOException {
    Path file = folder.resolve("m.safetensors");

    SafetensorsWriter.write(
        file, Map.of("format", "pt"), List.of(bytes("zzz", 2, (byte) 1, (byte) 2), bytes("a", 0)));

    byte[] written = Files.readAllBytes(file);
    String header =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"zzz\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
            + "\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[2,2]}}";
    assertThat(header.length() % 8).isNotZero();
    int padded = (header.length() + 7) / 8 * 8;
    assertThat(Arrays.copyOf(written, 8)).isEqualTo(SafetensorsBytes.length(padded));
    assertThat(new String(written, 8, padded, UTF_8))
        .isEqualTo(header + " ".repeat(padded - header.length()));
    assertThat(Arrays.copyOfRange(written, 8 + padded, written.length)).containsExactly(1, 2);
  }

  @Test
  void write_thenRead() {
    Path file = folder.resolve("m.safetensors");
    Map<String, String> metadata = Map.of("with \"quotes\"", "é😀\n");

    SafetensorsWriter.write(
        file,
        metadata,
        List.of(
            new Tensor("scalar", "F32", List.of(), channel -> channel.write(four())),
            bytes("größe", 0),
            bytes("last", 1, (byte) 5)));

    SafetensorsFile read = SafetensorsFile.read(file);
    assertThat(read.metadata()).isEqualTo(metadata);
    assertThat(read.tensors().values())
        .extracting(StoredTensor::name, StoredTensor::type, StoredTensor::dimensions)
        .containsExactly(
            tuple("scalar", ElementType.F32, List.of()),
            tuple("größe", ElementType.U8, List.of(0L)),
            tuple("last", ElementType.U8, List.of(1L)));
    assertThat(read.tensors().values())
        .extracting(StoredBytes::of)
        .containsExactly(four().array(), new byte[0], new byte[] {5});
  }

  @Test
  void write_nothing() {
    Path file = folder.resolve("m.safetensors");

    SafetensorsWriter.write(file, Map.of(), List.of());

    SafetensorsFile read = SafetensorsFile.read(file);
    assertThat(read.tensors()).isEmpty();
    assertThat(read.metadata()).isEmpty();
  }

  @Test
  void write_sourceGivesTooFewOrTooMany() {
    Path file = folder.resolve("m.safetensors");

    assertThatThrownBy(
            () -> SafetensorsWriter.write(file, Map.of(), List.of(bytes("a", 3, (byte) 1))))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(file + ": tensor a must have 3 bytes, but its source wrote 1");
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(file, Map.of(), List.of(bytes("a", 1, (byte) 1, (byte) 2))))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(file + ": tensor a must have 1 bytes, but its source wrote more");
    assertThat(file).doesNotExist();
  }

  @Test
  void write_sourceFails() {
    Path file = folder.resolve("m.safetensors");
    Tensor failing =
        new Tensor(
            "a",
            "U8",
            List.of(1L),
            channel -> {
              throw new IOException("no space");
            });

    assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of(), List.of(failing)))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write " + file)
        .hasRootCauseMessage("no space");
    assertThat(file).doesNotExist();
  }

  @Test
  void write_fileExists() throws IOException {
    Path file = Files.writeString(folder.resolve("m.safetensors"), "old");

    assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("file must be new, but exists: " + file);
    assertThat(file).hasContent("old");
  }

  @Test
  void write_noFolder() {
    Path file = folder.resolve("none").resolve("m.safetensors");

    assertThatThrownBy(() -> SafetensorsWriter.write(file, Map.of(), List.of()))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write " + file);
  }

  @Test
  void write_sameNameTwice() {
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    folder.resolve("m"), Map.of(), List.of(bytes("a", 0), bytes("a", 0))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two tensors are named a");
  }

  @Test
  void tensor_badValues() {
    assertThatThrownBy(() -> new Tensor("__metadata__", "U8", List.of(), channel -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a tensor must not be named __metadata__");
    assertThatThrownBy(() -> new Tensor("a", "float", List.of(), channel -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "dataType of a must be one of [F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16,"
                + " U8, BOOL, F8_E4M3, F8_E5M2], but was: float");
    assertThatThrownBy(() -> new Tensor("a", "U8", List.of(2L, -1L), channel -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dimensions of a must be >= 0, but were: [2, -1]");
  }

  private static Tensor bytes(String name, long length, byte... values) {
    return new Tensor(
        name, "U8", List.of(length), channel -> channel.write(ByteBuffer.wrap(values)));
  }

  private static ByteBuffer four() {
    return ByteBuffer.wrap(new byte[] {1, 2, 3, 4});
  }
}
