package dev.unlearn.model.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.StoredBytes;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SafetensorsFileTest {
  private static final String TWO =
      "{'__metadata__':{'format':'pt'},"
          + "'late':{'dtype':'F32','shape':[2],'data_offsets':[4,12]},"
          + "'early':{'dtype':'U8','shape':[3,1],'data_offsets':[0,3]}}";

  @TempDir Path folder;

  @Test
  void read_twoTensorsWithAHole() {
    byte[] data = {7, 8, 9, 0, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0};
    Path path = write(TWO, data);

    SafetensorsFile file = SafetensorsFile.read(path);

    long start = 8L + TWO.length();
    assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
    assertThat(file.tensors().values())
        .containsExactly(
            StoredTensor.contiguous("early", path, ElementType.U8, List.of(3L, 1L), start),
            StoredTensor.contiguous("late", path, ElementType.F32, List.of(2L), start + 4));
    assertThat(StoredBytes.of(tensor(file, "early"))).containsExactly(7, 8, 9);
    assertThat(StoredBytes.of(tensor(file, "late"))).isEqualTo(SafetensorsBytes.floats(1f, -2f));
  }

  @Test
  void read_scalarAndEmptyTensors() {
    String header =
        "{'empty':{'dtype':'F32','shape':[0,5],'data_offsets':[1,1]},"
            + "'scalar':{'dtype':'I16','shape':[],'data_offsets':[0,2]}}   ";

    SafetensorsFile file = SafetensorsFile.read(write(header, (byte) 1, (byte) 2));

    assertThat(file.metadata()).isEmpty();
    assertThat(tensor(file, "scalar").shape()).isEmpty();
    assertThat(StoredBytes.of(tensor(file, "scalar"))).containsExactly(1, 2);
    assertThat(tensor(file, "empty").shape()).containsExactly(0, 5);
    assertThat(StoredBytes.of(tensor(file, "empty"))).isEmpty();
  }

  /** The file is sparse: it takes no room. */
  @Test
  void read_tensorBeyondTwoGigabytes() throws IOException {
    long big = (1L << 31) + 4;
    Path path =
        write(
            "{'big':{'dtype':'F32','shape':[%d],'data_offsets':[0,%d]},".formatted(big / 4, big)
                + "'last':{'dtype':'U8','shape':[2],'data_offsets':[%d,%d]}}"
                    .formatted(big, big + 2));
    long start = Files.size(path);
    try (var channel = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
      channel.position(start + big).write(ByteBuffer.wrap(new byte[] {4, 5}));
    }

    SafetensorsFile file = SafetensorsFile.read(path);

    assertThat(tensor(file, "big"))
        .isEqualTo(StoredTensor.contiguous("big", path, ElementType.F32, List.of(big / 4), start));
    assertThat(tensor(file, "big").byteCount()).isEqualTo(big);
    assertThat(StoredBytes.of(tensor(file, "last"))).containsExactly(4, 5);
  }

  @Test
  void read_noFile() {
    Path path = folder.resolve("m.safetensors");

    assertThatThrownBy(() -> SafetensorsFile.read(path))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(path + " must be a file, but is none");
    assertThatThrownBy(() -> SafetensorsFile.read(folder))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(folder + " must be a file, but is none");
  }

  @Test
  void read_lengthFieldWrong() {
    assertRefused(
        SafetensorsBytes.writeRaw(folder, new byte[7]),
        " must begin with the 8 bytes of its header's length, but has 7 in all");
    assertRefused(
        SafetensorsBytes.writeRaw(folder, SafetensorsBytes.length(3), new byte[2]),
        ": the header must end within the file's 10 bytes, but its length is given as 3");
    assertRefused(
        SafetensorsBytes.writeRaw(folder, SafetensorsBytes.length(100_000_001)),
        ": the header must have at most 100000000 bytes, but its length is given as 100000001");
    assertRefused(
        SafetensorsBytes.writeRaw(folder, SafetensorsBytes.length(-1)),
        ": the header must have at most 100000000 bytes,"
            + " but its length is given as 18446744073709551615");
  }

  @Test
  void read_headerNotUtf8() {
    assertRefused(
        SafetensorsBytes.writeRaw(
            folder, SafetensorsBytes.length(3), new byte[] {'{', (byte) 0xff, '}'}),
        ": the header must be UTF-8, but is not");
  }

  // The header is given without its outer braces; | separates, because JSON is full of commas.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'a':{'dtype'" + "|the header must be JSON, but cannot be parsed",
        "'a':1" + "|tensor a must be an object, but JSON has NUMBER there",
        "'a':{'dtype':'F32','shape':[1]}" + "|tensor a must have data_offsets, but has none",
        "'a':{'shape':[1],'data_offsets':[0,4]}" + "|tensor a must have dtype, but has none",
        "'a':{'dtype':'F32','data_offsets':[0,4]}" + "|tensor a must have shape, but has none",
        "'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4],'extra':1}"
            + "|tensor a must have dtype, shape and data_offsets, each once, but also has extra",
        "'a':{'dtype':'F32','shape':[1],'shape':[1],'data_offsets':[0,4]}"
            + "|tensor a must have dtype, shape and data_offsets, each once, but also has shape",
        "'a':{'dtype':'F33','shape':[1],'data_offsets':[0,4]}"
            + "|tensor a: dtype must be one of [F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32,"
            + " U16, U8, BOOL, F8_E4M3, F8_E5M2], but was: F33",
        "'a':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}"
            + "|tensor a: shape must hold numbers >= 0, but has -1",
        "'a':{'dtype':'F32','shape':[1.0],'data_offsets':[0,4]}"
            + "|tensor a: shape must hold 64-bit integers, but has 1.0",
        "'a':{'dtype':'F32','shape':['1'],'data_offsets':[0,4]}"
            + "|tensor a: shape must be a list of numbers, but JSON has STRING there",
        "'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,4]}"
            + "|tensor a: shape must be of a size that can be counted, but was:"
            + " [4294967296, 4294967296]",
        "'a':{'dtype':'F32','shape':[4294967296,4294967296,0],'data_offsets':[0,0]}"
            + "|tensor a: shape must be of a size that can be counted, but was:"
            + " [4294967296, 4294967296, 0]",
        "'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4,8]}"
            + "|tensor a: data_offsets must be two numbers, but there are 3",
        "'a':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}"
            + "|tensor a: data_offsets must not fall, but were: [4, 0]",
        "'a':{'dtype':'F32','shape':[1],'data_offsets':[0,9223372036854775808]}"
            + "|tensor a: data_offsets must hold 64-bit integers, but has 9223372036854775808",
        "'a':{'dtype':'F32','shape':[3],'data_offsets':[0,12]}"
            + "|tensor a must end within the file's 8 bytes of data, but ends at 12;"
            + " the file is cut off",
        "'a':{'dtype':'F32','shape':[1],'data_offsets':[0,5]}"
            + "|tensor a of dtype F32 and shape [1] must have 4 bytes, but has 5",
        "'a':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},"
            + "'b':{'dtype':'U8','shape':[2],'data_offsets':[3,5]}"
            + "|tensors must not overlap, but a ends at 4 and b begins at 3",
        "'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},"
            + "'a':{'dtype':'U8','shape':[1],'data_offsets':[1,2]}"
            + "|the header must hold each name once, but has a twice",
        "'__metadata__':{},'__metadata__':{}"
            + "|the header must hold each name once, but has __metadata__ twice",
        "'__metadata__':{'k':'1','k':'2'}"
            + "|__metadata__ must hold each name once, but has k twice",
        "'__metadata__':{'k':1}" + "|__metadata__ k must be a string, but JSON has NUMBER there",
        "'__metadata__':['k']" + "|__metadata__ must be an object, but JSON has BEGIN_ARRAY there",
      })
  void read_headerBreaksARule(String inside, String message) {
    assertRefused(
        SafetensorsBytes.write(folder, ("{" + inside + "}").replace('\'', '"'), new byte[8]),
        ": " + message);
  }

  @Test
  void read_headerNoObject() {
    assertRefused(
        SafetensorsBytes.write(folder, "[]"),
        ": the header must be an object, but JSON has BEGIN_ARRAY there");
    assertRefused(
        SafetensorsBytes.write(folder, "{} {}"), ": the header must be JSON, but cannot be parsed");
    assertRefused(
        SafetensorsBytes.write(folder, ""), ": the header must be JSON, but cannot be parsed");
  }

  @Test
  void read_hugeName() {
    String name = "n".repeat(100);

    assertRefused(
        SafetensorsBytes.write(folder, "{\"" + name + "\":1}"),
        ": tensor " + "n".repeat(80) + "… must be an object, but JSON has NUMBER there");
  }

  /**
   * Whatever the bytes are: a file that is read has all bytes of its tensors, others are refused.
   */
  @Test
  void read_mutatedFiles() {
    byte[] json = TWO.replace('\'', '"').getBytes(UTF_8);
    byte[] original = new byte[8 + json.length + 12];
    System.arraycopy(SafetensorsBytes.length(json.length), 0, original, 0, 8);
    System.arraycopy(json, 0, original, 8, json.length);
    Random random = new Random(7);

    assertTimeout(
        Duration.ofSeconds(30),
        () -> {
          int read = 0;
          for (int round = 0; round < 4000; round++) {
            byte[] bytes = original.clone();
            for (int change = random.nextInt(3); change >= 0; change--) {
              int position = random.nextInt(bytes.length);
              bytes[position] =
                  random.nextBoolean()
                      ? (byte) random.nextInt(256)
                      : bytes[random.nextInt(bytes.length)];
            }
            if (random.nextInt(8) == 0) {
              bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            try {
              SafetensorsFile file = SafetensorsFile.read(SafetensorsBytes.writeRaw(folder, bytes));
              read++;
              for (StoredTensor tensor : file.tensors().values()) {
                assertThat(StoredBytes.of(tensor)).hasSize((int) tensor.byteCount());
              }
            } catch (UnlearningException e) {
              assertThat(e).hasMessageContaining("m.safetensors");
            }
          }
          assertThat(read).isBetween(100, 3900);
        });
  }

  private Path write(String header, byte... data) {
    return SafetensorsBytes.write(folder, header.replace('\'', '"'), data);
  }

  private static StoredTensor tensor(SafetensorsFile file, String name) {
    return requireNonNull(file.tensors().get(name));
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> SafetensorsFile.read(file))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(file + message);
  }
}
