package dev.unlearn.model.generation;

import dev.unlearn.spi.DecodingListener;
import java.util.concurrent.CancellationException;

/** Tells a listener how far decoding has come, and asks it whether to go on. */
final class DecodingProgress {
  private final long total;
  private final DecodingListener listener;
  private long done;

  DecodingProgress(long total, DecodingListener listener) {
    this.total = total;
    this.listener = listener;
  }

  /** Returns the tokens to be decoded. */
  long total() {
    return total;
  }

  void decoded(int tokens) {
    done += tokens;
    listener.progressed(done, total);
  }

  /**
   * Goes on or not.
   *
   * @throws CancellationException if the listener cancels
   */
  void check() {
    if (listener.cancelled()) {
      throw new CancellationException("decoding was cancelled after " + done + " tokens");
    }
  }
}
