package dev.unlearn.rollback;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The keys of one file, derived from the caller's key and the file's salt by HKDF with SHA-256 (RFC
 * 5869). As no two files have the same keys, each may number its chunks from 0.
 */
final class FileKeys {
  static final int BYTES = 32;

  private static final String HMAC = "HmacSHA256";

  private final byte[] extracted;

  FileKeys(byte[] key, byte[] salt) throws GeneralSecurityException {
    extracted = hmac(salt, key);
  }

  /** Returns the key that the chunks are encrypted under. */
  SecretKeySpec encryption() throws GeneralSecurityException {
    return new SecretKeySpec(expand("unlearn rollback: chunks"), "AES");
  }

  /** Returns what tells a wrong key from a damaged file, and says nothing about the other key. */
  byte[] check() throws GeneralSecurityException {
    return expand("unlearn rollback: check of the key");
  }

  /** Expands to one block, which is as long as a key. */
  private byte[] expand(String purpose) throws GeneralSecurityException {
    return hmac(extracted, (purpose + '\1').getBytes(UTF_8));
  }

  private static byte[] hmac(byte[] key, byte[] data) throws GeneralSecurityException {
    Mac mac = Mac.getInstance(HMAC);
    mac.init(new SecretKeySpec(key, HMAC));
    return mac.doFinal(data);
  }
}
