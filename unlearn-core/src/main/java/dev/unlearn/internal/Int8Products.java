package dev.unlearn.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * How PyTorch multiplies matrices of 8-bit integers faster than float32 on this machine's CPU.
 * Which way is fast is known from what Linux says of the CPU, not from timing, so that it is the
 * same in every run. What the CPU has, PyTorch may have been told not to use (by {@code
 * ONEDNN_MAX_CPU_ISA}); then sums of products of bytes do not fit into what it uses instead.
 */
public final class Int8Products {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final int TRIED_ROWS = 16;
  private static final int TRIED_TERMS = 64;
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
      return Files.exists(CPU)
          ? of(Files.readString(CPU, US_ASCII), Int8Products::areExact)
          : Way.NONE;
    } catch (IOException e) {
      return Way.NONE;
    }
  }

  /**
   * Returns the way of a CPU that Linux describes so.
   *
   * @param areExact whether products of bytes are right whatever the bytes
   */
  static Way of(String description, BooleanSupplier areExact) {
    Set<String> words = new HashSet<>(Arrays.asList(description.split("\\s+")));
    boolean dotProducts = words.contains("avx512_vnni") || words.contains("avx_vnni");
    if (dotProducts && areExact.getAsBoolean()) {
      return Way.DOT_PRODUCTS;
    }
    return words.contains("avx2") && PackedCodes.areAvailable() ? Way.PAIRS : Way.NONE;
  }

  /** Tries the largest products. */
  static boolean areExact() {
    byte[] largest = new byte[TRIED_ROWS * TRIED_TERMS];
    Arrays.fill(largest, Byte.MAX_VALUE);
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE)) {
      NDArray rows = manager.create(largest, new Shape(TRIED_ROWS, TRIED_TERMS));
      NDArray columns = manager.create(largest, new Shape(TRIED_TERMS, TRIED_ROWS));
      int[] products = DecodingOps.multiplyBytes(rows, columns).toIntArray();
      int expected = TRIED_TERMS * Byte.MAX_VALUE * Byte.MAX_VALUE;
      return Arrays.stream(products).allMatch(product -> product == expected);
    }
  }
}
