package dev.unlearn.model.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Pickles opcode by opcode, protocol 2. */
final class PickleBytes {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  PickleBytes() {
    op(0x80, 2);
  }

  /** Returns a state dict of one tensor, {@code w}. */
  static byte[] stateDict(
      String storageClass, String key, long count, long offset, long[] shape, long[] strides) {
    return new PickleBytes()
        .op('}')
        .text("w")
        .tensor(storageClass, key, count, offset, shape, strides)
        .op('s', '.')
        .done();
  }

  @CanIgnoreReturnValue
  PickleBytes op(int... opcodes) {
    for (int opcode : opcodes) {
      bytes.write(opcode);
    }
    return this;
  }

  @CanIgnoreReturnValue
  PickleBytes text(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    return op('X').length(utf8.length).raw(utf8);
  }

  @CanIgnoreReturnValue
  PickleBytes number(long value) {
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    return op(0x8a, 8).raw(eight.array());
  }

  @CanIgnoreReturnValue
  PickleBytes global(String module, String name) {
    return op('c').raw((module + "\n" + name + "\n").getBytes(UTF_8));
  }

  @CanIgnoreReturnValue
  PickleBytes numbers(long... values) {
    op('(');
    for (long value : values) {
      number(value);
    }
    return op('t');
  }

  @CanIgnoreReturnValue
  PickleBytes storage(String storageClass, String key, long count) {
    return op('(')
        .text("storage")
        .global("torch", storageClass)
        .text(key)
        .text("cpu")
        .number(count)
        .op('t', 'Q');
  }

  @CanIgnoreReturnValue
  PickleBytes tensor(
      String storageClass, String key, long count, long offset, long[] shape, long[] strides) {
    return global("torch._utils", "_rebuild_tensor_v2")
        .op('(')
        .storage(storageClass, key, count)
        .number(offset)
        .numbers(shape)
        .numbers(strides)
        .op(0x89)
        .global("collections", "OrderedDict")
        .op(')', 'R', 't', 'R');
  }

  /** Writes four bytes. */
  @CanIgnoreReturnValue
  PickleBytes length(int length) {
    return raw(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(length).array());
  }

  @CanIgnoreReturnValue
  PickleBytes raw(byte... raw) {
    bytes.writeBytes(raw);
    return this;
  }

  byte[] done() {
    return bytes.toByteArray();
  }
}
