package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.DecodingOps;
import dev.unlearn.model.generation.Branches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows that go on from shared prefixes. A row's keys and values are in two places: those of its
 * prefix, which rows of one sequence share, and those of its own tokens, in blocks that are added
 * as the rows grow. All rows have the same number of own tokens, at positions of their own.
 */
final class DecoderBranches implements Branches {
  private static final int MIN_BLOCK = 32;
  private static final int MAX_BLOCK = 256;

  /** Rows times block length: few rows have long blocks, for fewer calls. */
  private static final int BLOCK_TOKENS = 8192;

  private final Decoder decoder;
  private final NDManager manager;
  private final int blockLength;
  private SharedPrefixes prefixes;
  private int[] prefixLengths;
  private int steps;

  /** By block of the decoder, then by block of tokens; (rows, key heads, blockLength, width). */
  private final List<List<NDArray>> keys = new ArrayList<>();

  private final List<List<NDArray>> values = new ArrayList<>();

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
    int longest = Math.max(MIN_BLOCK, Math.min(MAX_BLOCK, BLOCK_TOKENS / lengths.length));
    int blocks = Math.max(1, (newTokens + longest - 1) / longest);
    blockLength = Math.max(1, (newTokens + blocks - 1) / blocks);
    for (int layer = 0; layer < decoder.spec().layers().size(); layer++) {
      keys.add(new ArrayList<>());
      values.add(new ArrayList<>());
    }
  }

  @Override
  public int size() {
    return prefixLengths.length;
  }

  @Override
  public NDArray step(NDManager scope, int[] tokens) {
    if (steps % blockLength == 0) {
      addBlock();
    }
    int n = size();
    int[] places = IntStream.of(prefixLengths).map(length -> length + steps).toArray();
    Shape shape = new Shape(n, 1);
    NDArray ids = scope.create(longs(tokens), shape);
    BranchPositions positions = new BranchPositions(decoder, scope, this, places);
    NDArray hidden = decoder.run(ids, scope.create(longs(places), shape), positions);
    steps++;
    return hidden.reshape(n, hidden.getShape().get(2));
  }

  private void addBlock() {
    DecoderSpec spec = decoder.spec();
    Shape shape = new Shape(size(), spec.keyValueHeadCount(), blockLength, spec.headWidth());
    for (List<List<NDArray>> all : List.of(keys, values)) {
      for (List<NDArray> blocks : all) {
        blocks.add(kept(manager.zeros(shape))); // what is not filled is multiplied by 0
      }
    }
  }

  private static NDArray kept(NDArray array) {
    NDScope.unregister(array);
    return array;
  }

  @Override
  public void keep(int[] rows) {
    boolean first = Arrays.equals(rows, IntStream.range(0, rows.length).toArray());
    if (!first) {
      try (NDManager scope = manager.newSubManager()) {
        NDArray index = scope.create(longs(rows));
        for (List<List<NDArray>> all : List.of(keys, values)) {
          for (List<NDArray> blocks : all) {
            blocks.replaceAll(
                block -> {
                  NDArray some = kept(DecodingOps.select(block, index, blockLength));
                  block.close();
                  return some;
                });
          }
        }
      }
    }
    prefixLengths = IntStream.of(rows).map(row -> prefixLengths[row]).toArray();
    prefixes = prefixes.keep(rows, prefixLengths);
  }

  SharedPrefixes prefixes() {
    return prefixes;
  }

  int[] prefixLengths() {
    return prefixLengths;
  }

  int blockLength() {
    return blockLength;
  }

  /** Returns how many own tokens the rows have had before this step. */
  int steps() {
    return steps;
  }

  List<NDArray> keys(int layer) {
    return keys.get(layer);
  }

  List<NDArray> values(int layer) {
    return values.get(layer);
  }

  static long[] longs(int[] values) {
    return Arrays.stream(values).asLongStream().toArray();
  }

  @Override
  public void close() {
    manager.close();
  }
}
