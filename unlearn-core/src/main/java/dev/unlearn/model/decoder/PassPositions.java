package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.HostValues;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Positions of a pass over whole rows, with or without a past. */
final class PassPositions extends Positions {
  /** The side of the largest square that one Java array holds. */
  private static final int MAX_MASKED_LENGTH = 46_340;

  private final DecoderSpec spec;
  private final Map<Integer, @Nullable NDArray> masks = new HashMap<>();
  private final @Nullable KeyValues keyValues;

  private PassPositions(
      NDManager manager,
      DecoderSpec spec,
      Products products,
      @Nullable RotaryTable rotary,
      @Nullable KeyValues keyValues,
      int[] places,
      long... shape) {
    super(manager, products, rotary, places, shape);
    this.spec = spec;
    this.keyValues = keyValues;
  }

  /**
   * Positions 0 .. length - 1 of rows without a past, padded on the right if at all.
   *
   * @param keyValues receives, if not null, the keys and values of every block
   */
  static Positions causal(
      NDManager manager,
      DecoderSpec spec,
      Products products,
      @Nullable RotaryTable rotary,
      int length,
      @Nullable KeyValues keyValues) {
    int[] places = IntStream.range(0, length).toArray();
    PassPositions positions =
        new PassPositions(manager, spec, products, rotary, keyValues, places, length);
    for (LayerSpec layer : spec.layers()) {
      positions.masks.computeIfAbsent(
          layer.window(),
          window -> {
            boolean plain = window == 0 || window >= length;
            return plain && spec.attentionCap() == 0
                ? null
                : manager.create(window(length, window), new Shape(length, length));
          });
    }
    return positions;
  }

  /** Positions of rows without a past that may have branches. */
  static Positions branched(
      NDManager manager, DecoderSpec spec, @Nullable RotaryTable rotary, BranchedRows rows) {
    int length = rows.length();
    PassPositions positions =
        new PassPositions(
            manager, spec, Products.float32(), rotary, null, rows.places(), rows.size(), 1, length);
    Shape shape = new Shape(rows.size(), 1, length, length);
    for (LayerSpec layer : spec.layers()) {
      positions.masks.computeIfAbsent(
          layer.window(), window -> manager.create(rows.sight(window), shape));
    }
    return positions;
  }

  private static boolean[] window(int length, int window) {
    checkArgument(
        length <= MAX_MASKED_LENGTH,
        "length must be at most %s where layers have a window or a cap, but was: %s",
        MAX_MASKED_LENGTH,
        length);
    boolean[] allowed = new boolean[length * length];
    for (int query = 0; query < length; query++) {
      int first = window == 0 ? 0 : Math.max(0, query - window + 1);
      Arrays.fill(allowed, query * length + first, query * length + query + 1, true);
    }
    return allowed;
  }

  /**
   * Positions after a past.
   *
   * @param places position ids, int64 of shape (B, L)
   * @param attentionMask int64 of shape (B, past + L), 0 where a token is padding
   */
  static Positions after(
      NDManager manager,
      DecoderSpec spec,
      @Nullable RotaryTable rotary,
      NDArray places,
      NDArray attentionMask,
      KeyValues past) {
    long rows = places.getShape().get(0);
    long length = places.getShape().get(1);
    int[] flat = Arrays.stream(HostValues.longs(places)).mapToInt(Math::toIntExact).toArray();
    PassPositions positions =
        new PassPositions(manager, spec, Products.float32(), rotary, past, flat, rows, 1, length);
    long[] mask = HostValues.longs(attentionMask);
    Shape shape = new Shape(rows, 1, length, past.length() + length);
    for (LayerSpec layer : spec.layers()) {
      positions.masks.computeIfAbsent(
          layer.window(),
          window -> manager.create(allowed(mask, shape, past.length(), window), shape));
    }
    return positions;
  }

  /** A token attends to itself even as padding: the softmax over nothing would be NaN. */
  private static boolean[] allowed(long[] mask, Shape shape, int past, int window) {
    int length = Math.toIntExact(shape.get(2));
    int total = past + length;
    boolean[] allowed = new boolean[Math.toIntExact(shape.size())];
    for (int row = 0; row < shape.get(0); row++) {
      for (int query = 0; query < length; query++) {
        int from = (row * length + query) * total;
        int first = window == 0 ? 0 : Math.max(0, past + query - window + 1);
        for (int key = first; key <= past + query; key++) {
          allowed[from + key] = mask[row * total + key] != 0 || key == past + query;
        }
      }
    }
    return allowed;
  }

  @Override
  NDArray attend(int layer, NDArray queries, NDArray keys, NDArray values) {
    NDList all =
        keyValues == null ? new NDList(keys, values) : keyValues.append(layer, keys, values);
    LayerSpec of = spec.layers().get(layer);
    return products()
        .attention(
            queries,
            all.get(0),
            all.get(1),
            masks.get(of.window()),
            of.attentionScale(),
            spec.attentionCap());
  }
}
