package dev.unlearn.model.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel.MapMode;
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
  void open_twoTensorsWithAHole() {
    byte[] data = {7, 8, 9, 0, 0, 0, (byte) 0x80, 0x3f, 0, 0, 0, (byte) 0xc0};

    try (SafetensorsFile file = open(TWO, data)) {
      assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(file.tensors().values())
          .containsExactly(
              new TensorEntry("early", "U8", List.of(3L, 1L), 0, 3),
              new TensorEntry("late", "F32", List.of(2L), 4, 8));
      assertThat(file.map("early")).isEqualTo(ByteBuffer.wrap(new byte[] {7, 8, 9}));
      ByteBuffer late = file.map("late");
      assertThat(late.isDirect()).isTrue();
      assertThat(late.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
      assertThat(late.remaining()).isEqualTo(8);
      assertThat(late.getFloat()).isEqualTo(1f);
      assertThat(late.getFloat()).isEqualTo(-2f);
    }
  }

  @Test
  void open_scalarAndEmptyTensors() {
    String header =
        "{'empty':{'dtype':'F32','shape':[0,5],'data_offsets':[1,1]},"
            + "'scalar':{'dtype':'I16','shape':[],'data_offsets':[0,2]}}   ";

    try (SafetensorsFile file = open(header, (byte) 1, (byte) 2)) {
      assertThat(file.metadata()).isEmpty();
      assertThat(file.tensors().get("scalar").shape()).isEmpty();
      assertThat(file.map("scalar").getShort()).isEqualTo((short) 0x0201);
      assertThat(file.tensors().get("empty").shape()).containsExactly(0, 5);
      assertThat(file.map("empty").remaining()).isZero();
    }
  }

  @Test
  void map_writtenTo() throws IOException {
    byte[] data = new byte[12];
    ByteBuffer bytes;

    try (SafetensorsFile file = open(TWO, data)) {
      bytes = file.map("late");
    }
    bytes.putFloat(0, 5f);

    assertThat(bytes.getFloat(0)).isEqualTo(5f);
    assertThat(Files.readAllBytes(folder.resolve("m.safetensors"))).endsWith(data);
  }

  @Test
  void map_ofReadOnlyFile() {
    Path path = SafetensorsBytes.write(folder, TWO.replace('\'', '"'), new byte[12]);

    try (SafetensorsFile file = SafetensorsFile.open(path, MapMode.READ_ONLY)) {
      assertThat(file.map("late").isReadOnly()).isTrue();
    }
  }

  @Test
  void map_unknownName() {
    try (SafetensorsFile file = open(TWO, new byte[12])) {
      assertThatThrownBy(() -> file.map("other"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(folder.resolve("m.safetensors") + " has no tensor named other");
    }
  }

  @Test
  void map_fileShortenedSince() throws IOException {
    try (SafetensorsFile file = open(TWO, new byte[12])) {
      Path path = folder.resolve("m.safetensors");
      long size = Files.size(path) - 1;
      Files.write(path, Arrays.copyOf(Files.readAllBytes(path), (int) size));

      assertThatThrownBy(() -> file.map("late"))
          .isInstanceOf(UnlearningException.class)
          .hasMessage("cannot map tensor late of " + path)
          .hasRootCauseMessage("the file has become shorter since it was opened");
      assertThat(Files.size(path)).isEqualTo(size);
    }
  }

  @Test
  void map_tensorBeyondTwoGigabytes() throws IOException {
    Path path =
        SafetensorsBytes.write(
            folder,
            "{\"big\":{\"dtype\":\"U8\",\"shape\":[2147483648],\"data_offsets\":[0,2147483648]},"
                + "\"last\":{\"dtype\":\"U8\",\"shape\":[2],"
                + "\"data_offsets\":[2147483648,2147483650]}}");
    try (var channel = Files.newByteChannel(path, StandardOpenOption.WRITE)) {
      channel.position(Files.size(path) + (1L << 31)).write(ByteBuffer.wrap(new byte[] {4, 5}));
    }

    try (SafetensorsFile file = SafetensorsFile.open(path)) {
      assertThat(file.map("last")).isEqualTo(ByteBuffer.wrap(new byte[] {4, 5}));
      assertThatThrownBy(() -> file.map("big"))
          .isInstanceOf(UnlearningException.class)
          .hasMessage(
              path
                  + ": tensor big must have at most 2147483647 bytes, the most that can be mapped,"
                  + " but has 2147483648");
    }
  }

  @Test
  void open_noFile() {
    Path path = folder.resolve("m.safetensors");

    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(path + " must be a file, but is none");
    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(folder + " must be a file, but is none");
  }

  @Test
  void open_lengthFieldWrong() {
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
  void open_headerNotUtf8() {
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
  void open_headerBreaksARule(String inside, String message) {
    assertRefused(
        SafetensorsBytes.write(folder, ("{" + inside + "}").replace('\'', '"'), new byte[8]),
        ": " + message);
  }

  @Test
  void open_headerNoObject() {
    assertRefused(
        SafetensorsBytes.write(folder, "[]"),
        ": the header must be an object, but JSON has BEGIN_ARRAY there");
    assertRefused(
        SafetensorsBytes.write(folder, "{} {}"), ": the header must be JSON, but cannot be parsed");
    assertRefused(
        SafetensorsBytes.write(folder, ""), ": the header must be JSON, but cannot be parsed");
  }

  @Test
  void open_hugeName() {
    String name = "n".repeat(100);

    assertRefused(
        SafetensorsBytes.write(folder, "{\"" + name + "\":1}"),
        ": tensor " + "n".repeat(80) + "… must be an object, but JSON has NUMBER there");
  }

  /**
   * Whatever the bytes are: a file that opens has tensors that can be mapped, others are refused.
   */
  @Test
  void open_mutatedFiles() {
    byte[] json = TWO.replace('\'', '"').getBytes(UTF_8);
    byte[] original = new byte[8 + json.length + 12];
    System.arraycopy(SafetensorsBytes.length(json.length), 0, original, 0, 8);
    System.arraycopy(json, 0, original, 8, json.length);
    Random random = new Random(7);

    assertTimeout(
        Duration.ofSeconds(30),
        () -> {
          int opened = 0;
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
            try (SafetensorsFile file =
                SafetensorsFile.open(SafetensorsBytes.writeRaw(folder, bytes))) {
              opened++;
              for (TensorEntry entry : file.tensors().values()) {
                assertThat(file.map(entry.name()).remaining()).isEqualTo((int) entry.byteCount());
              }
            } catch (UnlearningException e) {
              assertThat(e).hasMessageContaining("m.safetensors");
            }
          }
          assertThat(opened).isBetween(100, 3900);
        });
  }

  private SafetensorsFile open(String header, byte... data) {
    return SafetensorsFile.open(SafetensorsBytes.write(folder, header.replace('\'', '"'), data));
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> SafetensorsFile.open(file).close())
        .isInstanceOf(UnlearningException.class)
        .hasMessage(file + message);
  }
}
