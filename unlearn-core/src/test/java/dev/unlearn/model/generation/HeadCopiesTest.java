package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Int8Products;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.Torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which copies are made: for 5,000 ids of 48 numbers, codes take 240,000 bytes. */
@Tag("engine")
final class HeadCopiesTest {
  private static final boolean CODES = Int8Products.areFast();
  private static final boolean PAIRS = Int8Products.way() == Int8Products.Way.PAIRS;

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);

  @AfterEach
  void close() {
    manager.close();
  }

  /** 1,250 far rows take 240,000 bytes, and 2 bytes a number more for their own codes. */
  @ParameterizedTest
  @CsvSource({
    "240000, true, false, false",
    "479999, true, false, false",
    "480000, true, false, true",
    "599999, true, false, true",
    "600000, true, true, false",
    "839999, true, true, false",
    "840000, true, true, true",
  })
  void of_whatThereIsRoomFor(long maxBytes, boolean whole, boolean far, boolean directed) {
    HeadCopies copies = of(5000, 48, 1000, maxBytes);

    boolean rows = CODES ? far : maxBytes >= 240_000;
    assertThat(copies.whole()).isEqualTo(whole && CODES);
    assertThat(copies.far()).isEqualTo(rows ? 1250 : 0);
    assertThat(copies.directed()).isEqualTo(directed && PAIRS);
    long bytes = 240_000L * ((whole && CODES ? 1 : 0) + (directed && PAIRS ? 1 : 0));
    assertThat(copies.bytes()).isEqualTo(bytes + (rows ? CODES ? 360_000 : 240_000 : 0));
  }

  @Test
  void of_noRoom() {
    assertThat(of(5000, 48, 1000, 239_999)).isEqualTo(HeadCopies.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "4095, 48, 1000000, false, false, false",
    "5000, 48, 127, false, false, false",
    "5000, 48, 128, true, false, true",
    "5000, 48, 511, true, false, true",
    "5000, 48, 512, true, true, true",
    "5000, 640, 5242, true, true, false",
    "5000, 640, 5243, true, true, true",
  })
  void of_whatPays(
      long ids, long width, long choices, boolean whole, boolean far, boolean directed) {
    HeadCopies copies = of(ids, width, choices, Long.MAX_VALUE);

    assertThat(copies.whole()).isEqualTo(whole && CODES);
    assertThat(copies.far()).isEqualTo(far ? ids / 4 : 0);
    assertThat(copies.directed()).isEqualTo(directed && PAIRS);
  }

  private HeadCopies of(long ids, long width, long choices, long maxBytes) {
    OutputMatrix matrix = new OutputMatrix(manager.zeros(new Shape(ids, width)), null, 0);
    return HeadCopies.of(matrix, choices, maxBytes);
  }
}
