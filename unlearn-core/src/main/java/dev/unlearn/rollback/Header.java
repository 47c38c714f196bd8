package dev.unlearn.rollback;

import dev.unlearn.api.UnlearningException;
import java.io.DataInput;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What a file begins with, readable without the key: what it is, when it expires (seconds since
 * 1970), how many bytes the difference has, the salt, the check of the key, and the digests of the
 * weights it fits and of those it brings back. All numbers are big-endian.
 */
final class Header {
  static final int SALT_BYTES = 32;
  static final int SIZE = 3 * Long.BYTES + SALT_BYTES + 3 * FileKeys.BYTES;

  private static final long MAGIC = 0x554e4c524e524231L; // "UNLRNRB1"
  private static final int SALT = 3 * Long.BYTES;
  private static final int KEY_CHECK = SALT + SALT_BYTES;
  private static final int NOW = KEY_CHECK + FileKeys.BYTES;
  private static final int ORIGINAL = NOW + FileKeys.BYTES;

  private final byte[] bytes;
  private final Instant expires;

  private Header(byte[] bytes) {
    this.bytes = bytes;
    expires = Instant.ofEpochSecond(ByteBuffer.wrap(bytes).getLong(Long.BYTES));
  }

  static Header of(
      Instant expires,
      long differenceBytes,
      byte[] salt,
      byte[] keyCheck,
      String now,
      String original) {
    return new Header(
        ByteBuffer.allocate(SIZE)
            .putLong(MAGIC)
            .putLong(expires.getEpochSecond())
            .putLong(differenceBytes)
            .put(salt)
            .put(keyCheck)
            .put(HexFormat.of().parseHex(now))
            .put(HexFormat.of().parseHex(original))
            .array());
  }

  /** Reads a header; empty if there is none of this version. */
  static Optional<Header> read(DataInput in) throws IOException {
    byte[] bytes = new byte[SIZE];
    try {
      in.readFully(bytes);
      return ByteBuffer.wrap(bytes).getLong() == MAGIC
          ? Optional.of(new Header(bytes))
          : Optional.empty();
    } catch (EOFException | DateTimeException e) {
      return Optional.empty();
    }
  }

  /** Returns the header, or throws that a file has none. */
  static Header orThrow(Optional<Header> header, Path file) {
    return header.orElseThrow(
        () ->
            new UnlearningException(
                "%s must be a rollback file of this version, but is none".formatted(file)));
  }

  Instant expires() {
    return expires;
  }

  boolean expiredAt(Instant time) {
    return !time.isBefore(expires);
  }

  long differenceBytes() {
    return ByteBuffer.wrap(bytes).getLong(2 * Long.BYTES);
  }

  byte[] salt() {
    return Arrays.copyOfRange(bytes, SALT, SALT + SALT_BYTES);
  }

  byte[] keyCheck() {
    return Arrays.copyOfRange(bytes, KEY_CHECK, NOW);
  }

  /** Returns the digest of the weights that the difference fits. */
  String now() {
    return HexFormat.of().formatHex(bytes, NOW, ORIGINAL);
  }

  /** Returns the digest of the weights that it makes of them. */
  String original() {
    return HexFormat.of().formatHex(bytes, ORIGINAL, SIZE);
  }

  byte[] bytes() {
    return bytes.clone();
  }
}
