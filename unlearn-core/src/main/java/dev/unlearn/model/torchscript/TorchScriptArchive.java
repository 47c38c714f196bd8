package dev.unlearn.model.torchscript;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * The outside of a TorchScript file: a zip whose entries share one root folder. Looked at before
 * native code is.
 */
final class TorchScriptArchive {
  private static final List<String> RECORDS = List.of("data.pkl", "constants.pkl");
  private static final Pattern DEVICE = Pattern.compile("torch\\.device\\(\"([^\"]+)\"\\)");
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

  /**
   * Returns the devices that the code names, as PyTorch writes them: a module makes its positions
   * and masks where it was traced, wherever it is loaded.
   *
   * @throws UnlearningException if the file cannot be read
   */
  static Set<String> devices(Path file) {
    Set<String> devices = new TreeSet<>();
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (ZipEntry entry : zip.stream().filter(TorchScriptArchive::isCode).toList()) {
        String code = new String(zip.getInputStream(entry).readAllBytes(), UTF_8);
        DEVICE.matcher(code).results().forEach(match -> devices.add(match.group(1)));
      }
      return devices;
    } catch (IOException e) {
      throw refused(file, "cannot be read (%s)".formatted(e.getMessage()), e);
    }
  }

  private static boolean isCode(ZipEntry entry) {
    return entry.getName().contains("/code/") && entry.getName().endsWith(".py");
  }

  private static UnlearningException refused(Path file, String found, @Nullable IOException cause) {
    return new UnlearningException(
        "%s must be a TorchScript file, as torch.jit.save writes it, but %s".formatted(file, found),
        cause);
  }
}
