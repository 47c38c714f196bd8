package dev.unlearn.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * How PyTorch multiplies matrices of 8-bit integers faster than float32 on this machine's CPU.
 * Known from what Linux says of the CPU, not from a trial, so that it is the same in every run.
 */
public final class Int8Products {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final Way WAY = find();

  /** A way to multiply. */
  public enum Way {
    /** By instructions for dot products of bytes: as they lie, with {@link DecodingOps#bestIds}. */
    DOT_PRODUCTS,

    /** By sums of two products in 16 bits, one factor in 7 bits: with {@link PackedCodes}. */
    PAIRS,

    /** None that is fast. */
    NONE
  }

  private Int8Products() {}

  /** Returns the fastest way. */
  public static Way way() {
    return WAY;
  }

  /** Returns whether any way is fast. */
  public static boolean areFast() {
    return WAY != Way.NONE;
  }

  private static Way find() {
    try {
      return Files.exists(CPU) ? of(Files.readString(CPU, US_ASCII)) : Way.NONE;
    } catch (IOException e) {
      return Way.NONE;
    }
  }

  /** Returns the way of a CPU that Linux describes so. */
  static Way of(String description) {
    Set<String> words = new HashSet<>(Arrays.asList(description.split("\\s+")));
    if (words.contains("avx512_vnni") || words.contains("avx_vnni")) {
      return Way.DOT_PRODUCTS;
    }
    return words.contains("avx2") && PackedCodes.areAvailable() ? Way.PAIRS : Way.NONE;
  }
}
