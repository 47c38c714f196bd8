package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.NativeLong;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks Linux to back new memory with huge pages. Filling fresh memory spends most of its time in
 * page faults, of which there are 512 times fewer then. Where that cannot be had nothing changes.
 */
final class HugePages {
  private static final Logger logger = LoggerFactory.getLogger(HugePages.class);

  /** Below it a faster fill is not worth the calls. */
  private static final long MIN_BYTES = 4L << 20;

  /** What one direct buffer may span. */
  private static final long SLICE_BYTES = 1L << 30;

  /** The largest page of any platform, so that ranges begin and end with pages. */
  private static final long PAGE_BYTES = 1 << 16;

  private static final int MADV_HUGEPAGE = 14;

  private HugePages() {}

  /** Gives the advice for an array's memory, before it is filled. */
  static void advise(NDArray array) {
    int size = array.getDataType().getNumOfBytes();
    boolean worthIt = array.size() * size >= MIN_BYTES;
    if (!Platform.isLinux() || !Devices.isHost(array.getDevice()) || !worthIt) {
      return;
    }
    try (NDManager scope = array.getManager().newSubManager()) {
      NDArray flat = array.reshape(new Shape(-1));
      flat.attach(scope);
      long step = SLICE_BYTES / size;
      for (long begin = 0; begin < array.size(); begin += step) {
        NDIndex range = new NDIndex().addSliceDim(begin, Math.min(begin + step, array.size()));
        advise(flat.get(scope, range).toByteBuffer(true));
      }
    } catch (LinkageError | RuntimeException e) {
      logger.debug("no huge pages for weights", e);
    }
  }

  private static void advise(ByteBuffer buffer) {
    long address = Pointer.nativeValue(Native.getDirectBufferPointer(buffer));
    long begin = (address + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    long length = (address + buffer.remaining() - begin) / PAGE_BYTES * PAGE_BYTES;
    int unused =
        NativeLibrary.getInstance("c")
            .getFunction("madvise")
            .invokeInt(new Object[] {new Pointer(begin), new NativeLong(length), MADV_HUGEPAGE});
  }
}
