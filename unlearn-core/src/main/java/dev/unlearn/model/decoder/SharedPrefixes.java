package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import dev.unlearn.internal.DecodingOps;
import dev.unlearn.internal.Indices;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The prefixes that rows share, without those nobody needs, and where each row stands among the
 * rows of its sequence: with m the most rows that one has, row r stands at place {@code s m + k}. A
 * sequence with many more rows than others is there several times, so that few places are empty.
 */
final class SharedPrefixes {
  private final NDManager manager;

  /** Keys and values of each block in turn, shape (S, key heads, P, width). */
  private final NDList keysAndValues;

  private final int[] sequences;
  private final int sequenceCount;
  private final int length;
  private final int rowsPerSequence;
  private final int[] places;
  private final int[] back;

  private SharedPrefixes(
      NDManager manager, NDList keysAndValues, int[] sequences, int sequenceCount, int length) {
    this.manager = manager;
    this.keysAndValues = keysAndValues;
    this.sequences = sequences;
    this.sequenceCount = sequenceCount;
    this.length = length;
    int[] counts = new int[sequenceCount];
    for (int sequence : sequences) {
      counts[sequence]++;
    }
    rowsPerSequence = Arrays.stream(counts).max().orElse(0);
    places = new int[sequenceCount * rowsPerSequence];
    back = new int[sequences.length];
    Arrays.fill(counts, 0);
    for (int row = 0; row < sequences.length; row++) {
      back[row] = sequences[row] * rowsPerSequence + counts[sequences[row]]++;
      places[back[row]] = row;
    }
  }

  /** Takes from all sequences what rows need. */
  static SharedPrefixes of(NDManager manager, NDList all, int[] sequences, int[] lengths) {
    return of(manager, all, sequences, lengths, array -> {});
  }

  private static SharedPrefixes of(
      NDManager manager, NDList all, int[] sequences, int[] lengths, Consumer<NDArray> whenCopied) {
    int length = IntStream.of(lengths).max().orElse(0);
    long distinct = IntStream.of(sequences).distinct().count();
    int most = Math.toIntExact((2L * sequences.length + distinct - 1) / Math.max(1, distinct));
    Map<Integer, Integer> rows = new HashMap<>(); // so far, of each sequence
    Map<List<Integer>, Integer> numbers = new LinkedHashMap<>(); // of a sequence's each copy
    int[] renumbered = new int[sequences.length];
    for (int row = 0; row < sequences.length; row++) {
      int before = rows.merge(sequences[row], 1, Integer::sum) - 1;
      List<Integer> copy = List.of(sequences[row], before / most);
      renumbered[row] = numbers.computeIfAbsent(copy, unused -> numbers.size());
    }
    int[] used = numbers.keySet().stream().mapToInt(copy -> copy.get(0)).toArray();
    NDList some = new NDList();
    try (NDManager scope = manager.newSubManager()) {
      NDArray index = scope.create(Indices.longs(used));
      for (NDArray array : all) {
        NDArray part = DecodingOps.select(array, index, 2, length, length);
        part.attach(manager);
        NDScope.unregister(part);
        some.add(part);
        whenCopied.accept(array);
      }
    }
    return new SharedPrefixes(manager, some, renumbered, used.length, length);
  }

  /** Returns those of rows that stay; what none of them needs goes once it is a good part. */
  SharedPrefixes keep(int[] rows, int[] lengths) {
    int[] staying = IntStream.of(rows).map(row -> sequences[row]).toArray();
    boolean many = 2 * IntStream.of(staying).distinct().count() > sequenceCount;
    boolean deep = 4 * IntStream.of(lengths).max().orElse(0) > 3 * length;
    if (many && deep) {
      return new SharedPrefixes(manager, keysAndValues, staying, sequenceCount, length);
    }
    return of(manager, keysAndValues, staying, lengths, NDArray::close);
  }

  NDArray keys(int layer) {
    return keysAndValues.get(2 * layer);
  }

  NDArray values(int layer) {
    return keysAndValues.get(2 * layer + 1);
  }

  int sequenceCount() {
    return sequenceCount;
  }

  /** Returns m. */
  int rowsPerSequence() {
    return rowsPerSequence;
  }

  /** Returns for each place the row that stands there; row 0 where none does. */
  int[] places() {
    return places;
  }

  /** Returns for each row its place. */
  int[] back() {
    return back;
  }
}
