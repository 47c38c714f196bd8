package dev.unlearn.training;

/**
 * The bytes of a key; never shown.
 *
 * @hidden not API
 */
public final class SecretKey {
  private final byte[] bytes;

  /** Copies the bytes. */
  public SecretKey(byte[] bytes) {
    this.bytes = bytes.clone();
  }

  /** Returns a copy of the bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }
}
