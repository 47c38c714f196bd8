package dev.unlearn.architecture;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Holds that arrays live where their model does: managers come from the model's, and who names a
 * device is in a short list. Read from the sources of core.
 */
final class DeviceRulesTest {
  private static final Map<String, String> SOURCES = new TreeMap<>();

  @BeforeAll
  static void read() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        String name = file.getFileName().toString();
        SOURCES.put(name.substring(0, name.indexOf('.')), Files.readString(file));
      }
    }
    assertThat(SOURCES).hasSizeGreaterThan(200);
  }

  private static Set<String> having(String regex) {
    Pattern pattern = Pattern.compile(regex);
    return SOURCES.entrySet().stream()
        .filter(entry -> pattern.matcher(entry.getValue()).find())
        .map(Map.Entry::getKey)
        .collect(toCollection(TreeSet::new));
  }

  @Test
  void oneClassKnowsTheDefaultDevice() {
    assertThat(having("defaultDevice\\(")).containsExactly("Devices");
  }

  @Test
  void managersAndModelsAreMadeOnANamedDevice() {
    assertThat(having("newBaseManager\\((?!(device|Device\\.cpu\\(\\)), Torch\\.ENGINE\\))"))
        .isEmpty();
    assertThat(
            having("Model\\.newInstance\\((?![^;]*(device|Device\\.cpu\\(\\)|getDevice\\(\\)), )"))
        .isEmpty();
  }

  @Test
  void hostMemoryIsNamedByThoseThatNeedIt() {
    assertThat(having("Device\\.cpu\\("))
        .containsExactlyInAnyOrder(
            "Devices",
            "Int8Products", // tries what a CPU multiplies
            "OpsArchive", // code, without arrays
            "PackedLinears", // the same
            "OpsModule", // scalars, which operators read without waiting for a device
            "MappedFile", // a file's pages
            "Snapshot", // a copy of the weights in a file
            "TensorRoles", // compares what two files hold
            "HfCheckpoints", // what is kept of a folder and never computed with
            "TorchScriptModels"); // tries a module out, for which a GPU gives no second chance
  }

  @Test
  void kindsOfDevicesAreToldApartInOnePlace() {
    assertThat(having("isGpu\\(")).containsExactlyInAnyOrder("Devices", "FreeMemory");
  }

  /**
   * In TorchScript, too: what is made of nothing is made in host memory unless a device is said.
   */
  @Test
  void operatorsMakeTensorsOnTheDeviceOfAnother() {
    assertThat(
            having("torch\\.(arange|zeros|ones|empty|full|eye|linspace|rand\\w*|scalar_tensor)\\("))
        .containsExactlyInAnyOrder(
            "DecodingCode", "Directions", "FarRows", "PackedCodes", "ScoringOps");
    assertThat(
            having(
                "torch\\.(arange|zeros|ones|empty|full|eye|linspace|rand\\w*|scalar_tensor)"
                    + "\\((?![^()\\n]*device=ops\\.prim\\.device\\()"))
        .isEmpty();
  }
}
