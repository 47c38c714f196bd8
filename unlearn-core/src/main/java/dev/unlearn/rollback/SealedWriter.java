package dev.unlearn.rollback;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/** Writes as many bytes as the header says, encrypted chunk by chunk. */
final class SealedWriter {
  private final WritableByteChannel out;
  private final Chunks chunks;
  private final ByteBuffer plain = ByteBuffer.allocate(Chunks.SIZE);
  private final ByteBuffer sealed = ByteBuffer.allocate(Chunks.SIZE + Chunks.TAG_BYTES);
  private long left;

  SealedWriter(WritableByteChannel out, FileKeys keys, Header header)
      throws GeneralSecurityException {
    this.out = out;
    chunks = new Chunks(Cipher.ENCRYPT_MODE, keys, header);
    left = header.differenceBytes();
  }

  /** Takes all bytes of a buffer; the last ones end the file. */
  void write(ByteBuffer bytes) throws IOException, GeneralSecurityException {
    while (bytes.hasRemaining()) {
      int size = Math.min(bytes.remaining(), plain.remaining());
      plain.put(bytes.slice(bytes.position(), size));
      bytes.position(bytes.position() + size);
      left -= size;
      if (!plain.hasRemaining() || left == 0) {
        seal();
      }
    }
  }

  private void seal() throws IOException, GeneralSecurityException {
    chunks.next(plain.flip(), sealed.clear(), left == 0);
    plain.clear();
    sealed.flip();
    while (sealed.hasRemaining()) {
      int unused = out.write(sealed);
    }
  }
}
