package dev.unlearn.packaging;

import static dev.unlearn.packaging.Published.dependencies;
import static dev.unlearn.packaging.Published.elements;
import static dev.unlearn.packaging.Published.text;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;

/** A published POM says all by itself. */
final class PublishedPomsTest {
  @ParameterizedTest
  @ValueSource(strings = {"unlearn-bom", "unlearn-api", "unlearn-eval", "unlearn-core"})
  void pom_flattened(String artifactId) throws Exception {
    Published published = new Published(artifactId);
    Element pom = published.pom();

    assertThat(text(pom, "groupId", "")).isEqualTo("dev.unlearn");
    assertThat(text(pom, "artifactId", "")).isEqualTo(artifactId);
    assertThat(text(pom, "version", "")).isEqualTo(Published.VERSION);
    assertThat(elements(pom, "parent")).isEmpty();
    assertThat(elements(pom, "build")).isEmpty();
    assertThat(elements(pom, "repositories")).isEmpty();
    assertThat(published.pomText()).doesNotContain("${");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unlearn-bom", "unlearn-api", "unlearn-eval", "unlearn-core"})
  void pom_describesItself(String artifactId) throws Exception {
    Element pom = new Published(artifactId).pom();

    assertThat(text(pom, "name", "")).startsWith("unlearn: ");
    assertThat(text(pom, "description", "")).isNotBlank();
    assertThat(elements(pom, "license"))
        .extracting(license -> text(license, "name", ""))
        .containsExactly("Apache-2.0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"unlearn-api", "unlearn-eval", "unlearn-core"})
  void dependencies_withVersions(String artifactId) throws Exception {
    Element pom = new Published(artifactId).pom();

    assertThat(elements(pom, "dependencyManagement")).isEmpty();
    assertThat(elements(pom, "dependency"))
        .isNotEmpty()
        .allSatisfy(dependency -> assertThat(text(dependency, "version", "")).isNotBlank());
    assertThat(dependencies(pom))
        .noneMatch(dependency -> dependency.endsWith(":test"))
        .noneMatch(dependency -> dependency.contains("pytorch-native"))
        .noneMatch(dependency -> dependency.contains("pytorch-jni"));
  }

  @Test
  void core_bringsTheOthers() throws Exception {
    assertThat(dependencies(new Published("unlearn-core").pom()))
        .contains("unlearn-api:jar:compile", "unlearn-eval:jar:compile", "api:jar:compile")
        .contains("pytorch-engine:jar:compile", "tokenizers:jar:compile");
  }

  @Test
  void bom_managesWhatIsPublishedOnly() throws Exception {
    Element bom = new Published("unlearn-bom").pom();

    assertThat(text(bom, "packaging", "jar")).isEqualTo("pom");
    assertThat(elements(bom, "properties")).isEmpty();
    assertThat(dependencies(bom))
        .containsExactlyInAnyOrder(
            "unlearn-api:jar:compile",
            "unlearn-api:test-jar:test",
            "unlearn-eval:jar:compile",
            "unlearn-core:jar:compile");
    assertThat(elements(elements(bom, "dependencyManagement").get(0), "dependency"))
        .hasSize(4)
        .allSatisfy(
            dependency -> {
              assertThat(text(dependency, "groupId", "")).isEqualTo("dev.unlearn");
              assertThat(text(dependency, "version", "")).isEqualTo(Published.VERSION);
            });
  }
}
