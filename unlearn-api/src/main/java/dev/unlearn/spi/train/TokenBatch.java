package dev.unlearn.spi.train;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Sequences as arrays, padded on the right to the longest. B is the number of sequences, L the
 * length of the longest. Everything belongs to this batch's own manager and is freed by {@link
 * #close()}, and so is what a {@link Pass} over it makes.
 */
public final class TokenBatch implements AutoCloseable {
  private final NDManager manager;
  private final List<TokenSequence> sequences;
  private final NDArray ids;
  private final NDArray attentionMask;
  private final NDArray targetMask;

  private TokenBatch(
      NDManager manager,
      List<TokenSequence> sequences,
      NDArray ids,
      NDArray attentionMask,
      NDArray targetMask) {
    this.manager = manager;
    this.sequences = sequences;
    this.ids = ids;
    this.attentionMask = attentionMask;
    this.targetMask = targetMask;
  }

  /**
   * Creates a batch in a new manager below {@code parent}. The caller closes it.
   *
   * @throws IllegalArgumentException if there is no sequence
   */
  public static TokenBatch of(NDManager parent, List<TokenSequence> sequences) {
    checkArgument(!sequences.isEmpty(), "a batch must hold at least one sequence, but was empty");
    int count = sequences.size();
    int length = sequences.stream().mapToInt(TokenSequence::length).max().getAsInt();
    long[] ids = new long[count * length];
    long[] attention = new long[count * length];
    float[] targets = new float[count * (length - 1)];
    for (int row = 0; row < count; row++) {
      TokenSequence sequence = sequences.get(row);
      for (int position = 0; position < sequence.length(); position++) {
        ids[row * length + position] = sequence.id(position);
        attention[row * length + position] = 1;
        if (position >= sequence.firstTarget()) {
          targets[row * (length - 1) + position - 1] = 1;
        }
      }
    }
    NDManager manager = parent.newSubManager();
    return new TokenBatch(
        manager,
        List.copyOf(sequences),
        manager.create(ids, new Shape(count, length)),
        manager.create(attention, new Shape(count, length)),
        manager.create(targets, new Shape(count, length - 1)));
  }

  /** Returns the manager that owns this batch's arrays. */
  public NDManager manager() {
    return manager;
  }

  /** Returns the sequences, one per row. */
  public List<TokenSequence> sequences() {
    return sequences;
  }

  /** Returns the number of rows, B. */
  public int size() {
    return sequences.size();
  }

  /** Returns the length of the longest sequence, L. */
  public int length() {
    return Math.toIntExact(ids.getShape().get(1));
  }

  /** Returns the ids, int64 of shape (B, L); 0 in padding. */
  public NDArray ids() {
    return ids;
  }

  /** Returns 1 for tokens and 0 for padding, int64 of shape (B, L). */
  public NDArray attentionMask() {
    return attentionMask;
  }

  /**
   * Returns the places that predict a target, in order, as a new array: indices of the flattened
   * {@link #targetMask()}, so that {@code row (L - 1) + t} predicts position {@code t + 1}.
   */
  public long[] targetPlaces() {
    int width = length() - 1;
    return IntStream.range(0, size())
        .boxed()
        .flatMapToLong(
            row ->
                LongStream.range(sequences.get(row).firstTarget(), sequences.get(row).length())
                    .map(position -> (long) row * width + position - 1))
        .toArray();
  }

  /** Returns 1 where position t + 1 is a target, float32 of shape (B, L - 1). */
  public NDArray targetMask() {
    return targetMask;
  }

  @Override
  public void close() {
    manager.close();
  }
}
