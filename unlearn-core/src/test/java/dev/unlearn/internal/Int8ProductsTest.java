package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class Int8ProductsTest {
  private static final Path CPU = Path.of("/proc/cpuinfo");

  @Test
  void areFast_withInstructionsForDotProductsOfBytes() throws IOException {
    assumeTrue(Files.exists(CPU));
    boolean found;
    try (var lines = Files.lines(CPU)) {
      found =
          lines
              .filter(line -> line.startsWith("flags"))
              .anyMatch(Pattern.compile("\\bavx(512)?_vnni\\b").asPredicate());
    }

    assertThat(Int8Products.areFast()).isEqualTo(found);
  }
}
