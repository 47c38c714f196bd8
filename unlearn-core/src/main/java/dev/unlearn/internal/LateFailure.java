package dev.unlearn.internal;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A stream for native code, which does not look whether a write threw before it calls the next: the
 * first failure is kept and what follows is dropped.
 */
final class LateFailure extends OutputStream {
  private final OutputStream out;
  private @Nullable IOException failure;

  LateFailure(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (failure != null) {
      return;
    }
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      failure = e;
    }
  }

  void throwIfFailed() throws IOException {
    if (failure != null) {
      throw failure;
    }
  }
}
