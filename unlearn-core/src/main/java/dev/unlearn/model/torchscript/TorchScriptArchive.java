package dev.unlearn.model.torchscript;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The outside of a TorchScript file: a zip whose entries share one root folder. Looked at before
 * native code is.
 */
final class TorchScriptArchive {
  private static final List<String> RECORDS = List.of("data.pkl", "constants.pkl");
  private static final List<String> VERSIONS = List.of("version", ".data/version");

  private TorchScriptArchive() {}

  /**
   * Refuses what is not a TorchScript file.
   *
   * @throws IllegalArgumentException if there is no such file
   * @throws UnlearningException if it is a file of another kind, or not whole
   */
  static void check(Path file) {
    checkArgument(!Files.isDirectory(file), "model file must be a file, but is a folder: %s", file);
    checkArgument(Files.isRegularFile(file), "model file must exist, but there is no: %s", file);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      List<String> names = zip.stream().map(ZipEntry::getName).toList();
      if (names.isEmpty()) {
        throw refused(file, "holds nothing", null);
      }
      String first = names.get(0);
      String root = first.substring(0, first.indexOf('/') + 1);
      if (names.stream().noneMatch(name -> name.startsWith(root + "code/"))) {
        throw refused(
            file,
            zip.getEntry(root + "data.pkl") == null
                ? "holds no code"
                : "holds values without code, as torch.save writes them",
            null);
      }
      for (String record : RECORDS) {
        if (zip.getEntry(root + record) == null) {
          throw refused(file, "has no " + record, null);
        }
      }
      if (VERSIONS.stream().allMatch(version -> zip.getEntry(root + version) == null)) {
        throw refused(file, "has no version", null);
      }
    } catch (IOException e) {
      throw refused(file, "is no whole zip archive (%s)".formatted(e.getMessage()), e);
    }
  }

  private static UnlearningException refused(Path file, String found, @Nullable IOException cause) {
    return new UnlearningException(
        "%s must be a TorchScript file, as torch.jit.save writes it, but %s".formatted(file, found),
        cause);
  }
}
