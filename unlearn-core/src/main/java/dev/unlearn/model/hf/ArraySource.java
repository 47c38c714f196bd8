package dev.unlearn.model.hf;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** The bytes of an array, slice by slice, so that neither heap nor host memory holds it whole. */
final class ArraySource implements SafetensorsWriter.Source {
  static final int SLICE_BYTES = 1 << 24;

  private final NDArray array;
  private final int elementSize;

  ArraySource(NDArray array, int elementSize) {
    this.array = array;
    this.elementSize = elementSize;
  }

  @Override
  public void writeTo(WritableByteChannel channel) throws IOException {
    long size = array.size();
    long step = SLICE_BYTES / elementSize;
    try (NDArray flat = array.reshape(new Shape(-1))) {
      for (long begin = 0; begin < size; begin += step) {
        NDIndex range = new NDIndex().addSliceDim(begin, Math.min(begin + step, size));
        // On another device the buffer is over a copy that would stay with the array's manager.
        try (NDManager scope = array.getManager().newSubManager()) {
          ByteBuffer bytes = flat.get(scope, range).toByteBuffer(true);
          while (bytes.hasRemaining()) {
            channel.write(bytes);
          }
        }
      }
    }
  }
}
