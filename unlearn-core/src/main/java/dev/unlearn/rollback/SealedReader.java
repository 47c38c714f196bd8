package dev.unlearn.rollback;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import javax.crypto.Cipher;

/** Reads what {@link SealedWriter} wrote; what it hands out is authentic. */
final class SealedReader {
  private final RandomAccessFile in;
  private final Chunks chunks;
  private final ByteBuffer sealed = ByteBuffer.allocate(Chunks.SIZE + Chunks.TAG_BYTES);
  private final ByteBuffer plain = ByteBuffer.allocate(Chunks.SIZE).limit(0);
  private long left;

  /** Starts at the first chunk. */
  SealedReader(RandomAccessFile in, FileKeys keys, Header header)
      throws IOException, GeneralSecurityException {
    this.in = in;
    chunks = new Chunks(Cipher.DECRYPT_MODE, keys, header);
    left = header.differenceBytes();
    in.seek(Header.SIZE);
  }

  /** Fills a buffer. */
  void read(ByteBuffer target) throws IOException, GeneralSecurityException {
    while (target.hasRemaining()) {
      if (!plain.hasRemaining()) {
        open();
      }
      int size = Math.min(target.remaining(), plain.remaining());
      target.put(plain.slice(plain.position(), size));
      plain.position(plain.position() + size);
    }
  }

  /** Reads what is left, to know that all of it is authentic. */
  void readToEnd() throws IOException, GeneralSecurityException {
    while (left > 0) {
      open();
    }
  }

  private void open() throws IOException, GeneralSecurityException {
    int size = (int) Math.min(left, Chunks.SIZE);
    left -= size;
    in.readFully(sealed.array(), 0, size + Chunks.TAG_BYTES);
    sealed.clear().limit(size + Chunks.TAG_BYTES);
    chunks.next(sealed, plain.clear(), left == 0);
    plain.flip();
  }
}
