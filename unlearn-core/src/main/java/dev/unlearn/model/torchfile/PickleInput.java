package dev.unlearn.model.torchfile;

import com.google.errorprone.annotations.FormatMethod;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Utf8;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The bytes of a pickle. A length is held against what is left before anything is made of it. */
final class PickleInput {
  private final String where;
  private final ByteBuffer bytes;

  /** {@code where} names the file in errors. */
  PickleInput(String where, ByteBuffer bytes) {
    this.where = where;
    this.bytes = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  int position() {
    return bytes.position();
  }

  int remaining() {
    return bytes.remaining();
  }

  int unsignedByte() {
    need(Byte.BYTES);
    return Byte.toUnsignedInt(bytes.get());
  }

  int unsignedShort() {
    need(Short.BYTES);
    return Short.toUnsignedInt(bytes.getShort());
  }

  int integer() {
    need(Integer.BYTES);
    return bytes.getInt();
  }

  long unsignedInteger() {
    return Integer.toUnsignedLong(integer());
  }

  /** Reads eight bytes; a count beyond 2⁶³ comes out negative. */
  long longInteger() {
    need(Long.BYTES);
    return bytes.getLong();
  }

  /** Reads a float of eight bytes, the one big-endian number of the format. */
  double bigEndianDouble() {
    return Double.longBitsToDouble(Long.reverseBytes(longInteger()));
  }

  /** Reads a signed number of so many bytes. */
  long signed(long length) {
    if (length > Long.BYTES) {
      throw error("a whole number must have at most 8 bytes, but has %d", length);
    }
    need(length);
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (long) unsignedByte() << (Byte.SIZE * i);
    }
    int unused = Long.SIZE - Byte.SIZE * (int) length;
    return length == 0 ? 0 : value << unused >> unused;
  }

  /** Reads text of so many bytes. */
  String text(long length) {
    need(length);
    byte[] text = new byte[(int) length];
    bytes.get(text);
    return Utf8.decode(where + ": a string of the pickle", text);
  }

  /** Reads text up to a line feed, which is dropped. */
  String line() {
    for (int end = bytes.position(); end < bytes.limit(); end++) {
      if (bytes.get(end) == '\n') {
        String line = text(end - bytes.position());
        bytes.position(end + 1);
        return line;
      }
    }
    throw error("a line must end, but goes on to the end");
  }

  /** Checks that so many bytes are left. */
  void need(long length) {
    if (length < 0 || length > bytes.remaining()) {
      throw error(
          "%s bytes must follow, but there are %d; it is cut off",
          Long.toUnsignedString(length), bytes.remaining());
    }
  }

  @FormatMethod
  UnlearningException error(String message, Object... values) {
    return new UnlearningException(
        "%s: at byte %d of the pickle, %s"
            .formatted(where, bytes.position(), message.formatted(values)));
  }
}
