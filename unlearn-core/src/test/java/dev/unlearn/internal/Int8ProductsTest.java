package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
final class Int8ProductsTest {
  private static final Path CPU = Path.of("/proc/cpuinfo");

  /** As Linux says it of CPUs that have been on the market for years. */
  @ParameterizedTest
  @CsvSource({
    "fma avx2 avx512f avx512_vnni amx_int8, DOT_PRODUCTS", // Intel Cascade Lake and later, AMD Zen
    // 4
    "fma avx2 avx_vnni, DOT_PRODUCTS", // Intel Alder Lake
    "fma avx2 vaes, PAIRS", // AMD Zen to Zen 3, Intel Haswell
    "sse4_2 avx, NONE", // Intel Ivy Bridge
    "asimd asimddp, NONE", // Arm
  })
  void way_byInstructions(String flags, Int8Products.Way way) {
    assertThat(Int8Products.of(cpu(flags), () -> true)).isEqualTo(way);
  }

  /** As where PyTorch was told not to use what the CPU has. */
  @ParameterizedTest
  @CsvSource({"fma avx2 avx512_vnni, PAIRS", "fma avx2, PAIRS", "avx512_vnni, NONE"})
  void way_dotProductsNotExact(String flags, Int8Products.Way way) {
    assertThat(Int8Products.of(cpu(flags), () -> false)).isEqualTo(way);
  }

  private static String cpu(String flags) {
    return "processor\t: 0\nflags\t\t: fpu " + flags + "\nbugs\t: avx3";
  }

  @Test
  void way_ofThisMachine() throws IOException {
    assumeTrue(Files.exists(CPU));

    assertThat(Int8Products.way())
        .isEqualTo(Int8Products.of(Files.readString(CPU), Int8Products::areExact));
    assertThat(Int8Products.areFast()).isEqualTo(Int8Products.way() != Int8Products.Way.NONE);
  }
}
