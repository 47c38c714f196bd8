package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.DecodingOps;
import dev.unlearn.internal.Indices;
import dev.unlearn.model.generation.Branches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows that go on from shared prefixes. A row's keys and values are in two places: those of its
 * prefix, which rows of one sequence share, and those of its own tokens, whose arrays grow with the
 * rows. All rows have the same number of own tokens, at positions of their own.
 */
final class DecoderBranches implements Branches {
  /** Own tokens whose values there is room for at first, if so many may come; later twice. */
  private static final int VALUE_ROOM = 256;

  /** Own tokens whose keys wait to be put to the others together; those fill a line of a cache. */
  private static final int BLOCK = 16;

  /** Own tokens whose keys there is room for, and for how many more each time: all is read. */
  private static final int KEY_ROOM = 2 * BLOCK;

  /** The axis of tokens. */
  private static final int KEY_TOKENS = 3;

  private static final int VALUE_TOKENS = 2;

  private final Decoder decoder;
  private final NDManager manager;
  private final int mostTokens;
  private SharedPrefixes prefixes;
  private int[] prefixLengths;
  private int steps;
  private int keyRoom;
  private int valueRoom;

  /** By layer; (rows at first, key heads, width, room), 0 where there is no key yet. */
  private final List<NDArray> keys = new ArrayList<>();

  /** By layer, the keys behind those; (rows at first, key heads, BLOCK, width). */
  private final List<NDArray> late = new ArrayList<>();

  /** By layer; (rows at first, key heads, room, width), of which what is filled is defined. */
  private final List<NDArray> values = new ArrayList<>();

  DecoderBranches(
      Decoder decoder,
      NDManager parent,
      NDList keysAndValues,
      int[] sequences,
      int[] lengths,
      int newTokens) {
    this.decoder = decoder;
    prefixLengths = lengths.clone();
    manager = parent.newSubManager();
    prefixes = SharedPrefixes.of(manager, keysAndValues, sequences, lengths);
    mostTokens = newTokens;
    keyRoom = keyRoom(KEY_ROOM);
    valueRoom = Math.min(VALUE_ROOM, newTokens);
    DecoderSpec spec = decoder.spec();
    int heads = spec.keyValueHeadCount();
    for (int layer = 0; layer < spec.layers().size(); layer++) {
      keys.add(kept(manager.zeros(new Shape(size(), heads, spec.headWidth(), keyRoom))));
      late.add(kept(manager.create(new Shape(size(), heads, BLOCK, spec.headWidth()))));
      values.add(kept(manager.create(new Shape(size(), heads, valueRoom, spec.headWidth()))));
    }
  }

  /** Returns the bytes that a row takes besides its tokens: keys that wait. */
  static long bytesPerRow(DecoderSpec spec) {
    long width = (long) spec.keyValueHeadCount() * spec.headWidth();
    return BLOCK * width * Float.BYTES * spec.layers().size();
  }

  @Override
  public int size() {
    return prefixLengths.length;
  }

  @Override
  public NDArray step(NDManager scope, int[] tokens) {
    if (steps + 1 == keyRoom + BLOCK) {
      keyRoom = keyRoom(keyRoom + KEY_ROOM);
      copyRows(all(), keys, KEY_TOKENS, inBlocks(steps), keyRoom);
    }
    if (steps == valueRoom) {
      valueRoom = Math.min(2 * valueRoom, mostTokens);
      copyRows(all(), values, VALUE_TOKENS, steps, valueRoom);
    }
    int n = size();
    int[] places = IntStream.of(prefixLengths).map(length -> length + steps).toArray();
    Shape shape = new Shape(n, 1);
    NDArray ids = scope.create(Indices.longs(tokens), shape);
    BranchPositions positions = new BranchPositions(decoder, scope, this, places);
    NDArray hidden = decoder.run(ids, scope.create(Indices.longs(places), shape), positions);
    steps++;
    return hidden.reshape(n, hidden.getShape().get(2));
  }

  private int[] all() {
    return IntStream.range(0, size()).toArray();
  }

  /** Returns a room that is enough for the keys of whole blocks. */
  private int keyRoom(int most) {
    return Math.min(most, inBlocks(mostTokens));
  }

  /** Returns how many of the first keys do not wait. */
  private static int inBlocks(int tokens) {
    return tokens - tokens % BLOCK;
  }

  private static NDArray kept(NDArray array) {
    NDScope.unregister(array);
    return array;
  }

  @Override
  public void keep(int[] rows) {
    boolean first = Arrays.equals(rows, IntStream.range(0, rows.length).toArray());
    if (!first) {
      copyRows(rows, keys, KEY_TOKENS, inBlocks(steps), keyRoom);
      copyRows(rows, late, VALUE_TOKENS, BLOCK, BLOCK);
      copyRows(rows, values, VALUE_TOKENS, steps, valueRoom);
    }
    prefixLengths = IntStream.of(rows).map(row -> prefixLengths[row]).toArray();
    prefixes = prefixes.keep(rows, prefixLengths);
  }

  /** Copies so many tokens of rows to arrays of a room. */
  private void copyRows(int[] rows, List<NDArray> arrays, int axis, int length, int room) {
    try (NDManager scope = manager.newSubManager()) {
      NDArray index = scope.create(Indices.longs(rows));
      arrays.replaceAll(
          array -> {
            NDArray some = kept(DecodingOps.select(array, index, axis, length, room));
            array.close();
            return some;
          });
    }
  }

  SharedPrefixes prefixes() {
    return prefixes;
  }

  int[] prefixLengths() {
    return prefixLengths;
  }

  /** Returns how many own tokens the rows have had before this step. */
  int steps() {
    return steps;
  }

  DecodingOps.Own own(int layer) {
    return new DecodingOps.Own(keys.get(layer), late.get(layer), values.get(layer));
  }

  /** Returns how many tokens there is room for in values. */
  int valueRoom() {
    return valueRoom;
  }

  @Override
  public void close() {
    manager.close();
  }
}
