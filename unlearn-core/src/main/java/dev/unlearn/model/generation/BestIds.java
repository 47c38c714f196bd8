package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.DecodingOps;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Int8Products;
import dev.unlearn.internal.OutputMatrix;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The greedy choice: the id of the highest logit, the lowest id at a tie, as PyTorch's argmax. The
 * weights must stay as they are while this is in use. Thread-safe.
 *
 * <p>For a large vocabulary the product with the output matrix is most of the work. Where the
 * machine multiplies 8-bit integers faster, they say which few ids could be the best, and only
 * those are computed in float32. The bound on what 8 bits are off is strict, so the choice is the
 * same up to the rounding of float32; where it leaves too many ids, as outliers in the weights can
 * make it, float32 is used for all.
 */
final class BestIds implements AutoCloseable {
  /** Choices below which it is not worth encoding the matrix. */
  private static final long MIN_CHOICES = 128;

  /** Vocabularies below which float32 is fast enough. */
  private static final long MIN_VOCABULARY = 4096;

  private static final int MAX_FAILURES = 3;

  private final DecodableNetwork network;
  private final @Nullable OutputMatrix matrix;
  private final NDManager manager;
  private final LogitPieces pieces;
  private final Queue<Space> free = new ConcurrentLinkedQueue<>();
  private final AtomicInteger failures = new AtomicInteger();
  private DecodingOps.@Nullable Codes codes;

  /** What one choice at a time works in. */
  private record Space(DecodingOps.Workspace memory, long rows) {}

  /**
   * Creates a chooser.
   *
   * @param choices about how many choices will be made
   * @param maxBytes what an encoded copy of the output matrix may take, or, without one, logits
   */
  BestIds(DecodableNetwork network, long choices, long maxBytes) {
    this.network = network;
    pieces = LogitPieces.of(network, maxBytes);
    OutputMatrix of = network.outputMatrix().orElse(null);
    manager = network.manager().newSubManager();
    boolean encodes =
        of != null
            && of.weight().size() <= maxBytes
            && choices >= MIN_CHOICES
            && network.vocabularySize() >= MIN_VOCABULARY
            && Devices.isHost(manager.getDevice())
            && Int8Products.areFast();
    matrix = encodes ? of : null;
  }

  /** Returns what the copy takes. */
  long bytes() {
    return matrix == null ? 0 : matrix.weight().size();
  }

  /** Returns the best id for each row of shape (N, width). */
  int[] choose(NDArray hidden) {
    if (matrix != null && failures.get() < MAX_FAILURES) {
      int[] ids = chooseByCodes(hidden, matrix);
      if (Arrays.stream(ids).allMatch(id -> id >= 0 && id < network.vocabularySize())) {
        failures.set(0);
        return ids;
      }
      failures.incrementAndGet();
    }
    return chooseByLogits(hidden);
  }

  private int[] chooseByCodes(NDArray hidden, OutputMatrix of) {
    long rows = hidden.getShape().get(0);
    DecodingOps.Codes encoded = codes(of.weight(), of.bias(), hidden);
    Space space = free.poll();
    if (space == null || space.rows < rows) {
      if (space != null) {
        space.memory.close();
      }
      space = new Space(DecodingOps.Workspace.of(manager, encoded, rows), rows);
    }
    int[] ids = ints(DecodingOps.bestIds(hidden, of.weight(), of.bias(), encoded, space.memory));
    free.add(space);
    return ids;
  }

  private synchronized DecodingOps.Codes codes(
      NDArray weight, @Nullable NDArray bias, NDArray hidden) {
    if (codes == null) {
      codes = DecodingOps.encode(manager, weight, bias, hidden);
    }
    return codes;
  }

  private int[] chooseByLogits(NDArray hidden) {
    int[] all = new int[Math.toIntExact(hidden.getShape().get(0))];
    pieces.forEach(
        hidden,
        (begin, logits) -> {
          int[] some = ints(logits.argMax(1));
          System.arraycopy(some, 0, all, begin, some.length);
        });
    return all;
  }

  private static int[] ints(NDArray ids) {
    long[] values = ids.toLongArray();
    ids.close();
    int[] result = new int[values.length];
    for (int i = 0; i < values.length; i++) {
      result[i] = Math.toIntExact(values[i]);
    }
    return result;
  }

  @Override
  public void close() {
    manager.close();
  }
}
