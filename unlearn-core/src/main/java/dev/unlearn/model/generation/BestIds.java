package dev.unlearn.model.generation;

import static com.google.common.base.Verify.verifyNotNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Int8Products;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.ScoringOps;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The greedy choice: the id of the highest logit, the lowest id at a tie, as PyTorch's argmax. The
 * weights must stay as they are while this is in use. Thread-safe.
 *
 * <p>Of many rows the logits are looked at some columns at a time, while they are in a cache.
 *
 * <p>For a large vocabulary the product with the output matrix is most of the work. Where the
 * machine multiplies 8-bit integers faster, they say which few ids could be the best, and only
 * those are computed in float32: 8-bit integers of the few directions that hidden states lie in, if
 * those are known, and of the whole matrix. The bounds on what they are off are strict, so the
 * choice is the same up to the rounding of float32; where they leave too many ids, as outliers in
 * the weights can make them, float32 is used for all.
 */
final class BestIds implements AutoCloseable {
  /** Choices below which it is not worth encoding the matrix. */
  private static final long MIN_CHOICES = 128;

  /** See {@link #isWorthDirections}. */
  private static final long WORTH = 64;

  /** Vocabularies below which float32 is fast enough. */
  private static final long MIN_VOCABULARY = 4096;

  /** Rows from which logits that stay in a cache are faster than those of packed weights. */
  private static final long MANY_ROWS = 192;

  private final DecodableNetwork network;
  private final NDManager manager;
  private final LogitPieces pieces;
  private final @Nullable OutputMatrix matrix;
  private final long bytes;

  /** Codes to choose by, the fastest first. */
  private final List<CodedHead> heads = new ArrayList<>();

  private boolean learns;

  /**
   * Creates a chooser.
   *
   * @param choices about how many choices will be made
   * @param maxBytes what encoded copies of the output matrix may take, or, without one, logits
   */
  BestIds(DecodableNetwork network, long choices, long maxBytes) {
    this.network = network;
    pieces = LogitPieces.of(network, maxBytes);
    manager = network.manager().newSubManager();
    boolean onHost = Devices.isHost(manager.getDevice());
    matrix = onHost ? network.outputMatrix().orElse(null) : null;
    long bytes = matrix == null ? 0 : CodedHead.bytes(matrix);
    if (matrix != null
        && network.vocabularySize() >= MIN_VOCABULARY
        && choices >= MIN_CHOICES
        && Int8Products.areFast()
        && bytes <= maxBytes) {
      heads.add(new CodedHead(matrix, manager, null));
      learns =
          2 * bytes <= maxBytes
              && Int8Products.way() == Int8Products.Way.PAIRS
              && isWorthDirections(matrix.weight().getShape(), choices);
    }
    this.bytes = heads.isEmpty() ? 0 : learns ? 2 * bytes : bytes;
  }

  /** Finding directions takes about as much as multiplying the matrix with so many rows. */
  private static boolean isWorthDirections(Shape matrix, long choices) {
    long width = matrix.get(1);
    return choices * matrix.get(0) >= WORTH * width * width;
  }

  /** Returns the most that copies take. */
  long bytes() {
    return bytes;
  }

  /**
   * Tells what hidden states are like, of shape (M, width), before any choice is made. What was
   * told first counts.
   */
  void learn(NDArray states) {
    if (learns && states.getShape().get(0) >= states.getShape().get(1) / 2) {
      NDArray sample = states.duplicate();
      sample.attach(manager);
      NDScope.unregister(sample);
      heads.add(0, new CodedHead(verifyNotNull(matrix), manager, sample));
      learns = false;
    }
  }

  /** Returns the best id for each row of shape (N, width). */
  int[] choose(NDArray hidden) {
    for (CodedHead head : heads) {
      if (head.isOfUse()) {
        int[] ids = ints(head.best(hidden));
        boolean told = Arrays.stream(ids).allMatch(id -> id >= 0 && id < network.vocabularySize());
        head.told(told);
        if (told) {
          return ids;
        }
      }
    }
    return chooseByLogits(hidden);
  }

  private int[] chooseByLogits(NDArray hidden) {
    if (matrix != null && hidden.getShape().get(0) >= MANY_ROWS) {
      return ints(ScoringOps.best(matrix, hidden));
    }
    int[] all = new int[Math.toIntExact(hidden.getShape().get(0))];
    pieces.forEach(
        hidden,
        (begin, logits) -> {
          int[] some = ints(ScoringOps.best(logits));
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
    heads.forEach(CodedHead::close);
    manager.close();
  }
}
