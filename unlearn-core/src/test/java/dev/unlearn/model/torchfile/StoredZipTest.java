package dev.unlearn.model.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StoredZipTest {
  /** Two entries, a of 3 and b of 2 bytes: headers at 0 and 39, the directory from 77 to 171. */
  private static final int SECOND = 39;

  private static final int DIRECTORY = 77;
  private static final int SECOND_IN_DIRECTORY = DIRECTORY + 47;
  private static final int END64 = DIRECTORY + 2 * 47;
  private static final int LOCATOR = END64 + 56;
  private static final int END = LOCATOR + 20;

  @TempDir Path folder;
  private Path file;
  private ByteBuffer bytes;

  @BeforeEach
  void write() throws IOException {
    file =
        new ZipBytes()
            .entry("a", (byte) 1, (byte) 2, (byte) 3)
            .entry("b", (byte) 4, (byte) 5)
            .write(folder.resolve("m.zip"));
    bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.capacity()).isEqualTo(END + 22);
  }

  @Test
  void open_asPyTorchWrites() throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      StoredZip zip = StoredZip.open("m", channel);

      assertThat(zip.entries().values())
          .containsExactly(
              new StoredZip.Entry("a", 0, 36, 39), new StoredZip.Entry("b", SECOND, 75, 77));
      assertThat(zip.content(zip.entries().get("b"), 2))
          .isEqualTo(ByteBuffer.wrap(new byte[] {4, 5}));
      assertThatThrownBy(() -> zip.content(zip.entries().get("a"), 2))
          .hasMessage("m: entry a must have at most 2 bytes, but has 3");
    }
  }

  @Test
  void open_asTheJdkWrites() throws IOException {
    writeByJdk(ZipEntry.STORED);

    assertThat(names()).containsExactly("a", "größe");
  }

  @Test
  void open_compressed() throws IOException {
    writeByJdk(ZipEntry.DEFLATED);

    assertRefused(
        "entry a must be stored as it is, but is compressed by method 8; only files as torch.save"
            + " writes them can be mapped");
  }

  @Test
  void open_anyLength() throws IOException {
    for (int length = 0; length < bytes.capacity(); length++) {
      Files.write(file, Arrays.copyOf(bytes.array(), length));
      assertRefused("a zip must end with its directory, but does not; the file is cut off");
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "64", "8192"})
  void open_encrypted(int flag) throws IOException {
    bytes.putShort(DIRECTORY + 8, (short) flag);

    assertChangedRefused("entry a must be readable, but is encrypted");
  }

  @Test
  void open_headersDisagree() throws IOException {
    String message = "entry b must be headed as the directory says, but is not";
    int[] fields = {0, 6, 8, 18, 22, 26, 30};
    for (int field : fields) {
      byte before = bytes.get(SECOND + field);
      bytes.put(SECOND + field, (byte) (before ^ 1));
      assertChangedRefused(message);
      bytes.put(SECOND + field, before);
    }
  }

  @Test
  void open_overlaps() throws IOException {
    bytes.putInt(DIRECTORY + 20, 4).putInt(DIRECTORY + 24, 4);

    assertChangedRefused("entries must not overlap, but a ends at 40 and b begins at 39");
  }

  @Test
  void open_sameEntryTwice() throws IOException {
    bytes.put(SECOND + 30, (byte) 'a').put(SECOND_IN_DIRECTORY + 46, (byte) 'a');

    assertChangedRefused("a zip must hold each entry once, but has a twice");
  }

  @Test
  void open_outsideTheFile() throws IOException {
    bytes.putInt(SECOND_IN_DIRECTORY + 42, 60);
    assertChangedRefused("entry b must begin before the directory at 77, but begins at 60");
    bytes.putInt(SECOND_IN_DIRECTORY + 42, SECOND);

    bytes.putInt(SECOND_IN_DIRECTORY + 20, 3).putInt(SECOND_IN_DIRECTORY + 24, 3);
    assertChangedRefused(
        "entry b must end before the directory at 77, but begins at 75 and has 3 bytes");
    bytes.putInt(SECOND_IN_DIRECTORY + 20, 2);
    assertChangedRefused("entry b must be stored as it is, but 3 bytes became 2");

    bytes.putInt(SECOND_IN_DIRECTORY + 24, -1);
    assertChangedRefused("entry b must give its numbers of 64 bits, but does not");
  }

  @Test
  void open_endsDisagree() throws IOException {
    String message = "the zip's two ends, of 32 and of 64 bits, must agree, but do not";
    for (int field : new int[] {0, 4, 32, 40, 48, 56 + 8}) {
      byte before = bytes.get(END64 + field);
      bytes.put(END64 + field, (byte) (before ^ 1));
      assertChangedRefused(message);
      bytes.put(END64 + field, before);
    }
  }

  @Test
  void open_directoryOfAnotherSize() throws IOException {
    bytes.putLong(END64 + 40, 1L << 40).putInt(END + 12, -1);
    assertChangedRefused(
        "the zip's directory must have at most 16777216 bytes, but has 1099511627776");
    bytes.putLong(END64 + 40, 93).putInt(END + 12, 93);
    assertChangedRefused("the zip's directory must begin at 78, but begins at 77");
    bytes.putLong(END64 + 40, 94).putInt(END + 12, 94);

    bytes.putLong(END64 + 32, 1).putShort(END + 10, (short) 1);
    assertChangedRefused("the zip's directory must end after its last entry, but does not");
    bytes.putLong(END64 + 32, 3).putShort(END + 10, (short) 3);
    assertChangedRefused("the zip's directory must hold all of its entries, but is cut off");
    bytes.putLong(END64 + 32, 2).putShort(END + 10, (short) 2);

    bytes.put(DIRECTORY, (byte) 0);
    assertChangedRefused("the zip's directory must be a list of entries, but is not");
  }

  private List<String> names() throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return List.copyOf(StoredZip.open("m", channel).entries().keySet());
    }
  }

  private void writeByJdk(int method) throws IOException {
    byte[] content = "content".getBytes(UTF_8);
    CRC32 crc = new CRC32();
    crc.update(content);
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (String name : List.of("a", "größe")) {
        ZipEntry entry = new ZipEntry(name);
        entry.setMethod(method);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
      }
    }
  }

  private void assertChangedRefused(String message) throws IOException {
    Files.write(file, bytes.array());
    assertRefused(message);
  }

  private void assertRefused(String message) {
    assertThatThrownBy(this::names)
        .isInstanceOf(UnlearningException.class)
        .hasMessage("m: " + message);
  }
}
