package dev.unlearn.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PublishedJarsTest {
  private static final String CONTRACT = "dev/unlearn/spi/contract/MetricContract";

  @ParameterizedTest
  @CsvSource({
    "unlearn-api, '', dev.unlearn.api, dev/unlearn/spi/Metric",
    "unlearn-api, -tests, dev.unlearn.spi.contract, " + CONTRACT,
    "unlearn-eval, '', dev.unlearn.eval, dev/unlearn/eval/TokenLoss",
    "unlearn-core, '', dev.unlearn.core, dev/unlearn/Unlearner",
  })
  void jar_namesItsModule(String artifactId, String classifier, String module, String member)
      throws IOException {
    try (JarFile jar = open(artifactId, classifier)) {
      Attributes manifest = jar.getManifest().getMainAttributes();
      assertThat(manifest.getValue("Automatic-Module-Name")).isEqualTo(module);
      assertThat(manifest.getValue("Implementation-Version")).isEqualTo(Published.VERSION);
      assertThat(names(jar)).contains(member + ".class");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "unlearn-api, '', META-INF/LICENSE, dev/unlearn/api/ForgetSet.class",
    "unlearn-eval, '', META-INF/LICENSE, dev/unlearn/eval/report/page.mustache",
    "unlearn-core, '', META-INF/LICENSE, dev/unlearn/internal/Torch.class",
    "unlearn-api, -sources, dev/unlearn/spi/Metric.java, dev/unlearn/api/ImmutableForgetReport.java",
    "unlearn-api, -test-sources, " + CONTRACT + ".java, " + CONTRACT + ".java",
    "unlearn-eval, -sources, dev/unlearn/eval/TokenLoss.java, dev/unlearn/eval/package-info.java",
    "unlearn-core, -sources, dev/unlearn/Unlearner.java, dev/unlearn/internal/Torch.java",
    "unlearn-api, -javadoc, index.html, dev/unlearn/spi/Metric.html",
    "unlearn-eval, -javadoc, index.html, dev/unlearn/eval/TokenLoss.html",
    "unlearn-core, -javadoc, index.html, dev/unlearn/Unlearner.html",
  })
  void jar_holds(String artifactId, String classifier, String first, String second)
      throws IOException {
    try (JarFile jar = open(artifactId, classifier)) {
      assertThat(names(jar)).contains(first, second);
    }
  }

  @Test
  void contracts_withoutTheirTests() throws IOException {
    for (String classifier : List.of("-tests", "-test-sources")) {
      try (JarFile jar = open("unlearn-api", classifier)) {
        assertThat(names(jar))
            .noneMatch(name -> name.contains("Test"))
            .allMatch(
                name ->
                    name.startsWith("META-INF/")
                        || name.startsWith("dev/unlearn/spi/contract/")
                        || "dev/unlearn/spi/contract/".startsWith(name));
      }
    }
  }

  @Test
  void javadoc_withoutInternals() throws IOException {
    try (JarFile jar = open("unlearn-core", "-javadoc")) {
      assertThat(names(jar)).noneMatch(name -> name.startsWith("dev/unlearn/internal"));
    }
  }

  /** Or two builds of the same sources would differ. */
  @ParameterizedTest
  @CsvSource({
    "unlearn-api, ''",
    "unlearn-api, -tests",
    "unlearn-api, -sources",
    "unlearn-api, -test-sources",
    "unlearn-api, -javadoc",
    "unlearn-eval, ''",
    "unlearn-eval, -sources",
    "unlearn-eval, -javadoc",
    "unlearn-core, ''",
    "unlearn-core, -sources",
    "unlearn-core, -javadoc",
  })
  void entries_ofOneTime(String artifactId, String classifier) throws IOException {
    try (JarFile jar = open(artifactId, classifier)) {
      assertThat(jar.stream().map(ZipEntry::getTimeLocal).distinct()).hasSize(1);
    }
  }

  private static JarFile open(String artifactId, String classifier) throws IOException {
    return new JarFile(new Published(artifactId).jar(classifier).toFile());
  }

  private static List<String> names(JarFile jar) {
    return jar.stream().map(ZipEntry::getName).toList();
  }
}
