package dev.unlearn.internal;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Shows what still reads memory that Java has freed: DJL's arrays of numbers lie in small direct
 * buffers, which a graph of PyTorch does not keep alive.
 */
public final class FreedMemory {
  private FreedMemory() {}

  /** Collects garbage and fills small direct buffers, which take the place of freed ones. */
  public static void reuse() {
    List<ByteBuffer> buffers = new ArrayList<>();
    for (int round = 0; round < 3; round++) {
      System.gc();
      for (int i = 0; i < 20_000; i++) {
        buffers.add(ByteBuffer.allocateDirect(4).putInt(0, 0x7f7f7f7f));
      }
    }
    if (buffers.size() != 60_000) {
      throw new AssertionError("so that they are all alive until here");
    }
  }
}
