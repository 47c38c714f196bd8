package dev.unlearn.model.tensor;

import static dev.unlearn.model.tensor.Tensors.contiguous;

import ai.djl.ndarray.NDManager;
import com.google.common.primitives.Bytes;
import dev.unlearn.internal.Torch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every number of two bytes, aligned and not, becomes the same number of four. */
@Tag("engine")
final class WideningTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 1})
  void toFloat32_everyBf16(int position) throws IOException {
    float[] values = widened(ElementType.BF16, position);

    for (int bits = 0; bits < values.length; bits++) {
      assertSame(values[bits], Float.intBitsToFloat(bits << 16), bits);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 1})
  void toFloat32_everyF16(int position) throws IOException {
    float[] values = widened(ElementType.F16, position);

    for (int bits = 0; bits < values.length; bits++) {
      assertSame(values[bits], half(bits), bits);
    }
  }

  private float[] widened(ElementType type, int position) throws IOException {
    Path file = folder.resolve("m.bin");
    Files.write(file, Bytes.concat(new byte[position], everyPattern()));
    try (NDManager manager = NDManager.newBaseManager(Torch.ENGINE)) {
      return StoredBytes.float32(manager, contiguous(file, type, position, 1 << 16)).toFloatArray();
    }
  }

  /** All 65,536 patterns of two bytes, in order. */
  private static byte[] everyPattern() {
    ByteBuffer bytes = ByteBuffer.allocate(1 << 17).order(ByteOrder.LITTLE_ENDIAN);
    for (int bits = 0; bits < 1 << 16; bits++) {
      bytes.putShort((short) bits);
    }
    return bytes.array();
  }

  /** A half-precision number by its definition. */
  private static float half(int bits) {
    int sign = bits >> 15 == 0 ? 1 : -1;
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    if (exponent == 31) {
      return fraction == 0 ? sign * Float.POSITIVE_INFINITY : Float.NaN;
    }
    return exponent == 0
        ? sign * Math.scalb((float) fraction, -24)
        : sign * Math.scalb(1024f + fraction, exponent - 25);
  }

  /** Compares bits, so that 0 is not -0; a NaN only needs to be one. */
  private static void assertSame(float actual, float expected, int bits) {
    if (Float.floatToIntBits(actual) != Float.floatToIntBits(expected)) {
      throw new AssertionError("%04x is %s, not %s".formatted(bits, actual, expected));
    }
  }
}
