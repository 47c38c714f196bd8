package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.IValue;
import org.jspecify.annotations.Nullable;

/**
 * What decoding does in one call of the operator module: attention of rows that share prefixes, and
 * the choice of the best id. Results can only be read; nothing here knows gradients.
 */
public final class DecodingOps {
  /**
   * Products that are computed at a time: 1 MiB, which a core's cache holds with their operands.
   */
  private static final long PIECE = 1 << 18;

  /** Ids of which only the highest score is looked at first, and which share a scale. */
  private static final long GROUP = 16;

  private DecodingOps() {}

  /**
   * Keys and values of rows' own tokens. Keys lie with all tokens of one column together, so that a
   * new one would touch as many lines of memory as it has columns. Therefore the latest ones wait
   * in a block beside the others until it is full.
   *
   * @param keys shape (at least n, key heads, width, room), all of which is read; what blocks were
   *     full before this step, and room for this one's if it makes one full
   * @param late keys behind those, shape (at least n, key heads, block, width); that of own token i
   *     at i modulo the block
   * @param values shape (at least n, key heads, more than the slot, width)
   */
  public record Own(NDArray keys, NDArray late, NDArray values) {}

  /**
   * Where rows of one decoding step attend to.
   *
   * @param prefixMask float32, added to scores of the first p tokens of prefixes, shape (S, 1, m,
   *     1, p); others are not seen. Of shape (0) if there are none
   * @param places for each of S times m, in turn, the row that stands there; any row for none
   * @param back for each row its place among S times m
   * @param bags of own tokens from {@code first} to the slot, or none anywhere but on a CPU
   * @param first the first own token that rows see
   * @param slot how many own tokens rows had before this one
   */
  public record Sight(
      NDArray prefixMask, NDArray places, NDArray back, Bags bags, int first, int slot) {}

  /**
   * What own tokens' products are summed up of. On a CPU both products of attention are weighted
   * sums of rows of a matrix, for which PyTorch has a kernel (of embeddings) that reads memory
   * about twice as fast as its products of a matrix and a vector.
   *
   * @param keys for each head a bag of the columns of its keys, which queries weigh
   * @param values for each head a bag of its values, which shares weigh
   */
  public record Bags(Bag keys, Bag values) {
    /** Where plain products are to be computed instead. */
    public static final Bags NONE = new Bags(Bag.NONE, Bag.NONE);

    /**
     * Creates bags.
     *
     * @param like on the CPU
     * @param heads key heads of all rows
     * @param group query heads of each
     * @param room tokens that there is room for in values
     * @param end behind the last token that is seen
     */
    public static Bags of(
        NDArray like, long heads, int group, int width, int room, int first, int end) {
      return new Bags(
          Bag.of(like, heads, group, width, 0, width),
          Bag.of(like, heads, group, room, first, end));
    }
  }

  /**
   * Places of rows of a matrix, int32, those of one sum after those of another.
   *
   * @param begins int32, where those of each sum begin
   */
  public record Bag(NDArray places, NDArray begins) {
    private static final Bag NONE = new Bag(OpsModule.orNone(null), OpsModule.orNone(null));

    private static Bag of(NDArray like, long heads, int group, int rows, int first, int end) {
      NDArray[] both =
          Torch.callForList(
              like.getManager(),
              TorchOps.get().module(),
              "bags",
              tensor(like),
              IValue.from(heads),
              IValue.from((long) group),
              IValue.from((long) rows),
              IValue.from((long) first),
              IValue.from((long) end));
      return new Bag(both[0], both[1]);
    }
  }

  /**
   * Attention of n rows, one query each, to a prefix that several rows may share and to tokens of
   * their own. Appends the new key and value to the own ones. What a row has of its prefix, which
   * is computed for all rows of a sequence at once, stands among its own tokens as one more: its
   * score is the logarithm of the sum of exponentials.
   *
   * @param q shape (n, heads, 1, width)
   * @param k shape (n, key heads, 1, width); each serves as many query heads, in order
   * @param v as k
   * @param prefixKeys shape (S, key heads, P, width), P >= p
   * @param cap 0 for none; see {@link TorchOps#attention}
   * @return shape (n, heads, 1, width)
   */
  public static NDArray attend(
      NDArray q,
      NDArray k,
      NDArray v,
      NDArray prefixKeys,
      NDArray prefixValues,
      Own own,
      Sight sight,
      double scale,
      double cap) {
    return call(
        q.getManager(),
        "attend_branches",
        tensor(q),
        tensor(k),
        tensor(v),
        tensor(prefixKeys),
        tensor(prefixValues),
        tensor(sight.prefixMask()),
        tensor(sight.places()),
        tensor(sight.back()),
        tensor(own.keys()),
        tensor(own.late()),
        tensor(own.values()),
        tensor(sight.bags().keys().places()),
        tensor(sight.bags().keys().begins()),
        tensor(sight.bags().values().places()),
        tensor(sight.bags().values().begins()),
        IValue.from((long) sight.first()),
        IValue.from((long) sight.slot()),
        IValue.from(scale),
        IValue.from(cap));
  }

  /**
   * Returns what is added to scores: 0 for keys in [first, end), else -1e30, which leaves a row
   * without any key finite.
   *
   * @param first int64 of any shape
   * @param end as first
   * @param keys int64 of shape (P), 0 .. P - 1
   * @return float32, the shape of first with P appended
   */
  public static NDArray prefixMask(NDArray first, NDArray end, NDArray keys) {
    return call(first.getManager(), "prefix_mask", tensor(first), tensor(end), tensor(keys));
  }

  /**
   * Copies some rows, and of those the first elements of an axis.
   *
   * @param array shape (N, …)
   * @param rows int64 of shape (n)
   * @param axis which, not the first
   * @param room length of that axis of the result, at least {@code length}; the rest is 0
   * @return shape (n, …), in the manager of the array
   */
  public static NDArray select(NDArray array, NDArray rows, int axis, int length, int room) {
    return call(
        array.getManager(),
        "select_rows",
        tensor(array),
        tensor(rows),
        IValue.from((long) axis),
        IValue.from((long) length),
        IValue.from((long) room));
  }

  /**
   * An output matrix in 8 bits per value, a bias as one more column, filled up with copies of its
   * first rows to whole groups of 16.
   *
   * @param codes int8 of shape (rows, width)
   * @param scales what the codes of each 16 rows are multiplied with, shape (rows / 16)
   * @param balance powers of two that columns were divided by, shape (1, width)
   * @param centre the mean of the rows, which was subtracted from each, shape (1, width)
   * @param error L2 norm of the largest error of a row, at least 1e-20: squares of less vanish
   * @param length L2 norm of the longest row of codes times scale, shape ()
   * @param longest L2 norm of the longest row, balanced but with the mean and without a bias
   */
  public record Codes(
      NDArray codes,
      NDArray scales,
      NDArray balance,
      NDArray centre,
      NDArray error,
      NDArray length,
      NDArray longest) {

    /** Returns the number of rows, those filled up included. */
    public long rows() {
      return scales.size() * GROUP;
    }
  }

  /**
   * Encodes an output matrix for {@link #bestIds}. The mean of its rows is subtracted first, which
   * changes all products with a vector by the same number. Columns much larger or smaller than what
   * they will be multiplied with are balanced by powers of two, which are exact.
   *
   * @param weight shape (N, width)
   * @param bias shape (N), or null for none
   * @param sample shape (M, width), some of what it will be multiplied with
   */
  public static Codes encode(
      NDManager manager, NDArray weight, @Nullable NDArray bias, NDArray sample) {
    NDArray[] parts =
        Torch.callForList(
            manager,
            TorchOps.get().module(),
            "encode_rows",
            tensor(weight),
            tensor(OpsModule.orNone(bias)),
            tensor(sample));
    NDScope.unregister(parts);
    return new Codes(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6]);
  }

  /** Memory that {@link #bestIds} works in, for at most so many rows. */
  public record Space(NDArray products, NDArray quarters, NDArray groups, NDArray peaks)
      implements Workspace {

    /** Creates memory for rows. */
    public static Space of(NDManager manager, Codes codes, long rows) {
      long scores = rows * codes.rows();
      long piece = Math.min(scores, Math.max(PIECE, rows * GROUP));
      NDArray products = manager.create(new Shape(piece), DataType.INT32);
      NDArray quarters = manager.create(new Shape(scores / (GROUP / 4)), DataType.INT32);
      NDArray groups = manager.create(new Shape(scores / GROUP), DataType.INT32);
      NDArray peaks = manager.create(new Shape(scores / GROUP));
      NDScope.unregister(products, quarters, groups, peaks);
      return new Space(products, quarters, groups, peaks);
    }

    @Override
    public void close() {
      products.close();
      quarters.close();
      groups.close();
      peaks.close();
    }
  }

  /**
   * For each row the id of the highest score {@code hidden · weight[id] + bias[id]}, the lowest id
   * at a tie.
   *
   * <p>Products of 8-bit integers give every score up to an error that the Cauchy-Schwarz
   * inequality bounds: with codes {@code h', w'} of {@code h, w}, {@code |h w - h' w'| <= |h| |w -
   * w'| + |h - h'| |w'|}. What leads by codes is computed in float32, and then only what could be
   * higher, given that, one by one.
   *
   * @param hidden shape (n, width)
   * @param weight shape (N, width)
   * @param bias shape (N), or null for none
   * @return int64 of shape (n); N for a row whose scores are not numbers; all -1 if so many are
   *     close to the highest that this is no use
   */
  public static NDArray bestIds(
      NDArray hidden, NDArray weight, @Nullable NDArray bias, Codes codes, Space space) {
    return call(
        hidden.getManager(),
        "best_ids",
        tensor(hidden),
        tensor(weight),
        tensor(OpsModule.orNone(bias)),
        tensor(codes.codes()),
        tensor(codes.scales()),
        tensor(codes.balance()),
        tensor(codes.centre()),
        tensor(codes.error()),
        tensor(codes.length()),
        tensor(codes.longest()),
        IValue.from(piece(hidden.getShape().get(0))),
        tensor(space.products()),
        tensor(space.quarters()),
        tensor(space.groups()),
        tensor(space.peaks()));
  }

  /** Returns the matrix product of int8 arrays as {@link #bestIds} computes it, int32. */
  static NDArray multiplyBytes(NDArray a, NDArray b) {
    return call(a.getManager(), "multiply_bytes", tensor(a), tensor(b));
  }

  /** Returns how many ids are looked at at a time: for few rows many, for fewer calls. */
  private static long piece(long rows) {
    return Math.max(1, PIECE / GROUP / rows) * GROUP;
  }

  private static NDArray call(NDManager manager, String method, IValue... arguments) {
    return Torch.call(manager, TorchOps.get().module(), method, arguments);
  }

  private static IValue tensor(NDArray array) {
    return Torch.argument(array);
  }
}
