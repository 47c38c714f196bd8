package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.model.generation.Branches;
import dev.unlearn.model.generation.Prefixes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Rows of a network that keeps no keys and values: each step reads all of every row again. */
final class RecomputedPrefixes implements Prefixes {
  private final Network network;
  private final List<int[]> sequences;
  private final long maxTokens;

  RecomputedPrefixes(Network network, List<int[]> sequences, long passBytes) {
    this.network = network;
    maxTokens = Math.min(MicroBatches.DEFAULT_TOKENS, passBytes / network.bytesPerComputedToken());
    this.sequences = sequences;
  }

  @Override
  public Branches branch(int[] rowSequences, int[] lengths, int newTokens) {
    return new Rows(
        IntStream.range(0, lengths.length)
            .mapToObj(row -> Arrays.copyOf(sequences.get(rowSequences[row]), lengths[row]))
            .toList());
  }

  @Override
  public void close() {
    // Nothing is kept but ids.
  }

  private final class Rows implements Branches {
    private List<int[]> rows;

    Rows(List<int[]> rows) {
      this.rows = rows;
    }

    @Override
    public int size() {
      return rows.size();
    }

    @Override
    public NDArray step(NDManager scope, int[] tokens) {
      List<int[]> longer = new ArrayList<>();
      TreeMap<Integer, List<Integer>> byLength = new TreeMap<>();
      for (int row = 0; row < tokens.length; row++) {
        int[] ids = Arrays.copyOf(rows.get(row), rows.get(row).length + 1);
        ids[ids.length - 1] = tokens[row];
        longer.add(ids);
        byLength.computeIfAbsent(ids.length, unused -> new ArrayList<>()).add(row);
      }
      rows = longer;
      NDList parts = new NDList();
      long[] place = new long[rows.size()];
      int next = 0;
      for (List<Integer> alike : byLength.values()) {
        int length = rows.get(alike.get(0)).length;
        int most = (int) Math.max(1, maxTokens / length);
        for (int from = 0; from < alike.size(); from += most) {
          List<Integer> some = alike.subList(from, Math.min(alike.size(), from + most));
          for (int row : some) {
            place[row] = next++;
          }
          parts.add(last(scope, some, length));
        }
      }
      return NDArrays.concat(parts, 0).get(scope.create(place));
    }

    /** What the head takes of the last token of rows of one length. */
    private NDArray last(NDManager scope, List<Integer> some, int length) {
      long[] ids = new long[some.size() * length];
      for (int i = 0; i < some.size(); i++) {
        for (int position = 0; position < length; position++) {
          ids[i * length + position] = rows.get(some.get(i))[position];
        }
      }
      try (NDManager inner = scope.newSubManager()) {
        NDArray array = inner.create(ids, new Shape(some.size(), length));
        NDArray hidden = network.hidden(array, array.onesLike());
        NDArray last = hidden.get(new NDIndex(":, -1")).duplicate();
        last.attach(scope);
        return last;
      }
    }

    @Override
    public void keep(int[] kept) {
      rows = IntStream.of(kept).mapToObj(rows::get).toList();
    }

    @Override
    public void close() {
      // Nothing is kept but ids.
    }
  }
}
