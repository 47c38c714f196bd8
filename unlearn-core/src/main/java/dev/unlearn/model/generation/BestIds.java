package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Directions;
import dev.unlearn.internal.FarRows;
import dev.unlearn.internal.Indices;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.ScoringOps;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The greedy choice: the id of the highest logit, the lowest id at a tie, as PyTorch's argmax. The
 * weights must stay as they are while this is in use. Thread-safe.
 *
 * <p>Of many rows the logits are looked at some columns at a time, while they are in a cache.
 *
 * <p>For a large vocabulary the product with the output matrix is most of the work. Where it is
 * known what hidden states are like, a few ids are often certain to have the best among them, and
 * looked at first: {@link FarRows}. Where the machine multiplies 8-bit integers faster, they say
 * which few ids could be the best, and only those are computed in float32: 8-bit integers of the
 * few directions that hidden states lie in, if those are known, and of the whole matrix. All these
 * bounds are strict, so the choice is the same up to the rounding of float32; where they leave too
 * many ids, as outliers in the weights can make them, float32 is used for all.
 */
final class BestIds implements AutoCloseable {
  /** About as many hidden states as show what others are like; more would not show it better. */
  static final int STATES = 2048;

  /** Hidden states below which they do not show what others are like. */
  private static final long MIN_STATES = 16;

  /**
   * The share of hidden states' squares outside of directions from which on codes of these are of
   * no use. In taught models it was .001 to .03, where they leave a few ids, in two random ones .13
   * and .20, where they leave nearly all.
   */
  private static final double MOST_OUTSIDE = 0.1;

  /** Rows from which logits that stay in a cache are faster than those of packed weights. */
  private static final long MANY_ROWS = 192;

  private final NDManager manager;
  private final LogitPieces pieces;
  private final @Nullable OutputMatrix matrix;
  private final HeadCopies copies;
  private final @Nullable CodedHeads heads;
  private @Nullable FarIds far;
  private boolean learns;

  /**
   * Creates a chooser.
   *
   * @param choices about how many choices will be made
   * @param maxBytes what copies of the output matrix may take, or, without one, logits
   */
  BestIds(DecodableNetwork network, long choices, long maxBytes) {
    pieces = LogitPieces.of(network, maxBytes);
    manager = network.manager().newSubManager();
    boolean onHost = Devices.isHost(manager.getDevice());
    matrix = onHost ? network.outputMatrix().orElse(null) : null;
    copies = matrix == null ? HeadCopies.NONE : HeadCopies.of(matrix, choices, maxBytes);
    heads = matrix == null ? null : heads(matrix);
    learns = copies.directed() || copies.far() > 0;
  }

  private CodedHeads heads(OutputMatrix some) {
    CodedHeads result = new CodedHeads(some, manager);
    if (copies.whole()) {
      result.addWhole();
    }
    return result;
  }

  /** Returns the most that copies take. */
  long bytes() {
    return copies.bytes();
  }

  /** Does as {@link #learn} with hidden states of prefixes, if they are of use and were kept. */
  void learnFrom(Prefixes prefixes) {
    NDArray states = learns ? prefixes.states().orElse(null) : null;
    if (states != null) {
      long step = (states.getShape().get(0) + STATES - 1) / STATES;
      try (NDArray some = states.get("::" + step)) {
        learn(some);
      }
    }
  }

  /**
   * Tells what hidden states are like, of shape (M, width), while nothing is chosen, and makes the
   * codes that will be asked first. What was told first counts, if it was enough.
   */
  void learn(NDArray states) {
    long count = states.getShape().get(0);
    if (!learns || matrix == null || heads == null || count < MIN_STATES) {
      return;
    }
    learns = false;
    Directions.Span span = span(states);
    if (span != null) {
      heads.addDirected(span);
    }
    far = far(matrix, states, span);
    if (far == null) {
      heads.prepare(states);
    } else {
      far.prepare(states);
    }
  }

  /** Returns the directions of states, or null if those would leave too many ids. */
  private Directions.@Nullable Span span(NDArray states) {
    if (!copies.directed() || states.getShape().get(0) < states.getShape().get(1) / 2) {
      return null;
    }
    Directions.Span span = Directions.Span.of(manager, states);
    if (span.outside() > MOST_OUTSIDE) {
      span.close();
      return null;
    }
    return span;
  }

  private @Nullable FarIds far(OutputMatrix all, NDArray states, Directions.@Nullable Span span) {
    if (copies.far() == 0) {
      return null;
    }
    FarRows rows = FarRows.find(manager, all, states, copies.far()).orElse(null);
    if (rows == null) {
      return null;
    }
    CodedHeads some = heads(rows.matrix());
    if (span != null) {
      some.addDirected(span);
    }
    return new FarIds(rows, some);
  }

  /** Returns the best id for each row of shape (N, width). */
  int[] choose(NDArray hidden) {
    if (far == null || !far.isOfUse()) {
      return chooseOfAll(hidden);
    }
    int[] ids = far.choose(hidden);
    int[] open = IntStream.range(0, ids.length).filter(row -> ids[row] < 0).toArray();
    if (open.length > 0) {
      try (NDArray rows = hidden.getManager().create(Indices.longs(open));
          NDArray some = hidden.get(rows)) {
        int[] others = chooseOfAll(some);
        for (int i = 0; i < open.length; i++) {
          ids[open[i]] = others[i];
        }
      }
    }
    return ids;
  }

  private int[] chooseOfAll(NDArray hidden) {
    int[] ids = heads == null ? null : heads.choose(hidden).orElse(null);
    return ids == null ? chooseByLogits(hidden) : ids;
  }

  private int[] chooseByLogits(NDArray hidden) {
    if (matrix != null && hidden.getShape().get(0) >= MANY_ROWS) {
      return Ids.of(ScoringOps.best(matrix, hidden));
    }
    int[] all = new int[Math.toIntExact(hidden.getShape().get(0))];
    pieces.forEach(
        hidden,
        (begin, logits) -> {
          int[] some = Ids.of(ScoringOps.best(logits));
          System.arraycopy(some, 0, all, begin, some.length);
        });
    return all;
  }

  @Override
  public void close() {
    if (far != null) {
      far.close();
    }
    if (heads != null) {
      heads.close();
    }
    manager.close();
  }
}
