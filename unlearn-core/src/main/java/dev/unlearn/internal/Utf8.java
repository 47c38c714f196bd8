package dev.unlearn.internal;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.unlearn.api.UnlearningException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;

/** Text of files, read without silent replacement of what is no UTF-8. */
public final class Utf8 {
  private Utf8() {}

  /** Decodes bytes; {@code where} names them in the error. */
  public static String decode(String where, byte[] bytes) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UnlearningException(where + " must be UTF-8, but is not", e);
    }
  }
}
