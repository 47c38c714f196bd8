package dev.unlearn.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Pins what a user of core gets besides core. The build writes the list before the tests run. */
class RuntimeTreeTest {

  private static final Pattern ARTIFACT =
      Pattern.compile("^ +([^:\\s]+:[^:\\s]+):", Pattern.MULTILINE);

  @Test
  void coreBringsDjlGuavaAndSlf4jOnly() throws Exception {
    assertThat(runtimeArtifacts())
        .containsExactlyInAnyOrder(
            // ours
            "dev.unlearn:unlearn-api",
            "dev.unlearn:unlearn-eval",
            // DJL and what it brings
            "ai.djl:api",
            "ai.djl.pytorch:pytorch-engine",
            "ai.djl.huggingface:tokenizers",
            "com.google.code.gson:gson",
            "net.java.dev.jna:jna",
            "org.apache.commons:commons-compress",
            "commons-codec:commons-codec",
            "commons-io:commons-io",
            // Guava and what it brings
            "com.google.guava:guava",
            "com.google.guava:failureaccess",
            "com.google.guava:listenablefuture",
            "com.google.errorprone:error_prone_annotations",
            "com.google.j2objc:j2objc-annotations",
            "org.jspecify:jspecify",
            // logging
            "org.slf4j:slf4j-api");
  }

  /** A native build in the tree would put every GPU user on the CPU. */
  @Test
  void coreBringsNoNativeBuild() throws Exception {
    assertThat(runtimeArtifacts())
        .contains("ai.djl.pytorch:pytorch-engine")
        .noneMatch(artifact -> artifact.contains(":pytorch-native"))
        .noneMatch(artifact -> artifact.contains(":pytorch-jni"));
  }

  private static List<String> runtimeArtifacts() throws Exception {
    try (InputStream in = RuntimeTreeTest.class.getResourceAsStream("/runtime-tree.txt")) {
      assertThat(in).as("runtime-tree.txt, written by Maven").isNotNull();
      String list = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return ARTIFACT.matcher(list).results().map(artifact -> artifact.group(1)).toList();
    }
  }
}
