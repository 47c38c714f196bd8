package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.DecodingOps;
import dev.unlearn.internal.Directions;
import dev.unlearn.internal.Int8Products;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.PackedCodes;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An output matrix in 8 bits, encoded when it is first asked or {@link #prepare prepared}, in the
 * way in which this machine multiplies it: whole, or in the few directions of a sample of hidden
 * states. Thread-safe.
 */
final class CodedHead implements AutoCloseable {
  private static final int MAX_FAILURES = 3;

  private final OutputMatrix matrix;
  private final NDManager manager;
  private final Directions.@Nullable Span span;
  private final AtomicInteger failures = new AtomicInteger();
  private @Nullable Choice choice;

  /**
   * Creates it; all that it makes belongs to the manager, or is closed with this.
   *
   * @param span directions that are enough; null for the whole matrix
   */
  CodedHead(OutputMatrix matrix, NDManager manager, Directions.@Nullable Span span) {
    this.matrix = matrix;
    this.manager = manager;
    this.span = span;
  }

  /** Returns the most that codes of a matrix take. */
  static long bytes(OutputMatrix matrix) {
    return matrix.weight().size();
  }

  /** Returns whether it can be of use: not once it could not tell several times in a row. */
  boolean isOfUse() {
    return failures.get() < MAX_FAILURES;
  }

  /** Notes whether what {@link #best} returned were ids. */
  void told(boolean ids) {
    if (ids) {
      failures.set(0);
    } else {
      failures.incrementAndGet();
    }
  }

  /**
   * Encodes the matrix now.
   *
   * @param sample shape (M, width), some of what it will be multiplied with
   */
  void prepare(NDArray sample) {
    var unused = choice(sample);
  }

  /** Returns the best ids, or what {@link DecodingOps#bestIds} says where it cannot tell. */
  NDArray best(NDArray hidden) {
    return choice(hidden).best(hidden);
  }

  private synchronized Choice choice(NDArray sample) {
    if (choice == null && span != null) {
      choice = new Pairs(Directions.encode(manager, matrix, span));
    } else if (choice == null) {
      DecodingOps.Codes codes = DecodingOps.encode(manager, matrix.weight(), matrix.bias(), sample);
      boolean pairs = Int8Products.way() == Int8Products.Way.PAIRS;
      choice = pairs ? new Pairs(PackedCodes.of(codes)) : new Dots(codes);
    }
    return choice;
  }

  @Override
  public synchronized void close() {
    if (choice != null) {
      choice.close();
    }
  }

  /** A way to choose, several at a time. */
  private interface Choice {
    NDArray best(NDArray hidden);

    void close();
  }

  private final class Dots implements Choice {
    private final DecodingOps.Codes codes;
    private final Workspaces<DecodingOps.Space> spaces;

    Dots(DecodingOps.Codes codes) {
      this.codes = codes;
      spaces = new Workspaces<>(rows -> DecodingOps.Space.of(manager, codes, rows));
    }

    @Override
    public NDArray best(NDArray hidden) {
      return spaces.with(
          hidden.getShape().get(0),
          space -> DecodingOps.bestIds(hidden, matrix.weight(), matrix.bias(), codes, space));
    }

    @Override
    public void close() {
      // Its arrays are the manager's.
    }
  }

  private final class Pairs implements Choice {
    private final PackedCodes codes;
    private final Workspaces<PackedCodes.Space> spaces;

    Pairs(PackedCodes codes) {
      this.codes = codes;
      spaces = new Workspaces<>(rows -> codes.space(manager, rows));
    }

    @Override
    public NDArray best(NDArray hidden) {
      return spaces.with(
          hidden.getShape().get(0),
          space -> codes.best(hidden, matrix.weight(), matrix.bias(), space));
    }

    @Override
    public void close() {
      codes.close();
    }
  }
}
