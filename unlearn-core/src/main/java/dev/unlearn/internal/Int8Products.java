package dev.unlearn.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;

/**
 * Whether PyTorch multiplies matrices of 8-bit integers several times as fast as float32 on this
 * machine's CPU. It does with instructions for it, and may have no fast way at all without. Known
 * from what Linux says of the CPU, not from a trial, so that it is the same in every run.
 */
public final class Int8Products {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final Set<String> INSTRUCTIONS = Set.of("avx512_vnni", "avx_vnni");
  private static final boolean FAST = find();

  private Int8Products() {}

  /** Returns whether it does. */
  public static boolean areFast() {
    return FAST;
  }

  private static boolean find() {
    try {
      return Files.exists(CPU)
          && Arrays.stream(Files.readString(CPU, US_ASCII).split("\\s+"))
              .anyMatch(INSTRUCTIONS::contains);
    } catch (IOException e) {
      return false;
    }
  }
}
