package dev.unlearn.rollback;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * AES-256-GCM over numbered chunks, the last one marked, each bound to the header: none can be
 * changed, left out, added, moved, or taken from another file.
 */
final class Chunks {
  /** The size of a chunk before encryption; the last one may be smaller. */
  static final int SIZE = 1 << 16;

  static final int TAG_BYTES = 16;
  private static final int NONCE_BYTES = 12;

  private final int mode;
  private final SecretKeySpec key;
  private final byte[] header;
  private final Cipher cipher = cipher();
  private long count;

  /**
   * Starts at the first chunk.
   *
   * @param mode {@link Cipher#ENCRYPT_MODE} or {@link Cipher#DECRYPT_MODE}
   */
  Chunks(int mode, FileKeys keys, Header header) throws GeneralSecurityException {
    this.mode = mode;
    key = keys.encryption();
    this.header = header.bytes();
  }

  private static Cipher cipher() throws GeneralSecurityException {
    return Cipher.getInstance("AES/GCM/NoPadding");
  }

  /** Returns how many bytes a difference takes when it is encrypted. */
  static long sealedBytes(long bytes) {
    return bytes + (bytes + SIZE - 1) / SIZE * TAG_BYTES;
  }

  /**
   * Encrypts or decrypts the next chunk.
   *
   * @throws javax.crypto.AEADBadTagException if it is not as it was encrypted
   */
  void next(ByteBuffer in, ByteBuffer out, boolean last) throws GeneralSecurityException {
    byte[] nonce =
        ByteBuffer.allocate(NONCE_BYTES).putLong(count++).put((byte) (last ? 1 : 0)).array();
    cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
    cipher.updateAAD(header);
    int unused = cipher.doFinal(in, out);
  }
}
