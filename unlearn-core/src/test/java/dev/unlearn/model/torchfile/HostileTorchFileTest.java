package dev.unlearn.model.torchfile;

import static dev.unlearn.model.torchfile.TorchFileTest.resource;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are something else, or whose tensors would lie outside their storages. */
final class HostileTorchFileTest {
  private static final long[] ONE = {1};

  @TempDir Path folder;

  @Test
  void read_olderFormat() throws IOException {
    assertRefused(
        resource("legacy.bin"),
        "the file must be a zip as torch.save writes since PyTorch 1.6, but is of the format"
            + " before; to convert it, load it with torch.load and write it with torch.save, or"
            + " load the model with transformers and call save_pretrained");
    byte[] tar = new byte[512];
    System.arraycopy(new byte[] {'u', 's', 't', 'a', 'r'}, 0, tar, 257, 5);
    assertThatThrownBy(() -> TorchFile.read(write(tar)))
        .isInstanceOf(UnlearningException.class)
        .hasMessageContaining("to convert it");
  }

  @Test
  void read_noZip() throws IOException {
    assertRefused(
        write("version https://git-lfs".getBytes(UTF_8)),
        "the file must be a zip as torch.save writes, but begins with the bytes"
            + " [76 65 72 73 69 6f 6e 20]");
    assertRefused(
        write(), "the file must be a zip as torch.save writes, but begins with the bytes []");
    Path none = folder.resolve("none.bin");
    assertThatThrownBy(() -> TorchFile.read(none))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(none + " must be a file, but is none");
  }

  @Test
  void read_trainersState() {
    assertRefused(
        resource("trainer.bin"),
        "epoch must be a tensor, but is a number; the file must hold a state dict alone, as"
            + " torch.save(model.state_dict(), ...) writes");
  }

  @Test
  void read_valuesToBeNegated() {
    assertRefused(
        resource("negated.bin"),
        "at byte 173 of the pickle, a tensor must be stored as it is, but is to be changed when it"
            + " is loaded");
  }

  @Test
  void read_systemFunction() {
    byte[] pickle =
        new PickleBytes()
            .op('}')
            .text("w")
            .global("posix", "system")
            .text("touch ran")
            .op(0x85, 'R', 's', '.')
            .done();

    assertRefused(
        ZipBytes.of(pickle).write(folder.resolve("m.bin")),
        "the pickle asks for posix.system, which is not among the names that tensors are rebuilt"
            + " from; refused, nothing was run");
  }

  @Test
  void read_noDictionary() {
    byte[] pickle = new PickleBytes().text("w").op('.').done();

    assertRefused(
        ZipBytes.of(pickle).write(folder.resolve("m.bin")),
        "the file must hold a dictionary of names to tensors, but holds a string");
  }

  @Test
  void read_bigEndian() {
    byte[] pickle = PickleBytes.stateDict("FloatStorage", "0", 1, 0, ONE, ONE);

    assertRefused(
        ZipBytes.of(pickle, new byte[4])
            .entry("m/byteorder", (byte) 'b', (byte) 'i', (byte) 'g')
            .write(folder.resolve("m.bin")),
        "the elements must be little-endian, but the entry byteorder says otherwise");
  }

  @Test
  void read_noPickleOrTwo() {
    assertRefused(
        new ZipBytes().entry("data.pkl").write(folder.resolve("m.bin")),
        "the zip must hold one data.pkl, in a folder, as torch.save writes, but holds 0");
    assertRefused(
        new ZipBytes().entry("a/data.pkl").entry("b/data.pkl").write(folder.resolve("m.bin")),
        "the zip must hold one data.pkl, in a folder, as torch.save writes, but holds 2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2|0|2|1|tensor w: the storage must have 2 times 4 bytes, but its entry m/data/0 has 7",
        "1|0|2|1|tensor w must end within its storage, at 260 of the file, but ends at 264",
        "1|1|1|1|tensor w must end within its storage, at 260 of the file, but ends at 264",
        "1|2|0|1|tensor w must end within its storage, at 260 of the file, but ends at 264",
        "1|0|2|4611686018427387904|tensor w must be of a size that can be counted, but is not",
        "1|4611686018427387904|1|1|tensor w must be of a size that can be counted, but is not",
        "9223372036854775807|0|1|1|tensor w: the storage must have 9223372036854775807 times 4"
            + " bytes, but its entry m/data/0 has 7",
      })
  void read_outsideTheStorage(long count, long offset, long size, long stride, String message) {
    byte[] pickle =
        PickleBytes.stateDict(
            "FloatStorage", "0", count, offset, new long[] {size}, new long[] {stride});

    assertRefused(ZipBytes.of(pickle, new byte[7]).write(folder.resolve("m.bin")), message);
  }

  @Test
  void read_storageWithoutEntry() {
    byte[] pickle = PickleBytes.stateDict("FloatStorage", "7", 1, 0, ONE, ONE);

    assertRefused(
        ZipBytes.of(pickle, new byte[4]).write(folder.resolve("m.bin")),
        "the zip must hold the entry m/data/7, but does not");
  }

  @Test
  void read_pickleTooLarge() {
    assertRefused(
        new ZipBytes()
            .sparse("m/data.pkl", TorchFile.MAX_PICKLE_BYTES, (byte) '.')
            .write(folder.resolve("m.bin")),
        "entry m/data.pkl must have at most 33554432 bytes, but has 33554433");
  }

  private Path write(byte... bytes) throws IOException {
    return Files.write(folder.resolve("m.bin"), bytes);
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> TorchFile.read(file))
        .isInstanceOf(UnlearningException.class)
        .hasMessage(file + ": " + message);
  }
}
