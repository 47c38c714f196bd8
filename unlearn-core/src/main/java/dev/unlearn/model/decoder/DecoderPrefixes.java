package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.generation.Branches;
import dev.unlearn.model.generation.Prefixes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Keys and values of sequences, padded on the right to one length. */
final class DecoderPrefixes implements Prefixes {
  /** Padded tokens of one forward pass; more make it no faster. */
  private static final int MAX_TOKENS = 4096;

  private final Decoder decoder;
  private final NDManager manager;
  private final List<int[]> sequences;
  private final int length;
  private final long maxTokens;
  private final int maxStates;

  /** Keys and values of each block in turn, shape (S, key heads, length, headWidth). */
  private final NDList keysAndValues = new NDList();

  /** Hidden states of each pass, shape (some, embeddingWidth). */
  private final NDList states = new NDList();

  DecoderPrefixes(
      Decoder decoder, NDManager parent, List<int[]> sequences, long passBytes, int maxStates) {
    this.decoder = decoder;
    this.sequences = sequences;
    this.maxStates = maxStates;
    maxTokens = Math.min(MAX_TOKENS, passBytes / decoder.spec().bytesPerComputedToken());
    length = sequences.stream().mapToInt(ids -> ids.length).max().orElse(0);
    manager = parent.newSubManager();
    try {
      DecoderSpec spec = decoder.spec();
      Shape shape = new Shape(sequences.size(), spec.keyValueHeadCount(), length, spec.headWidth());
      for (int i = 0; i < 2 * spec.layers().size(); i++) {
        NDArray zeros = manager.zeros(shape); // padding is multiplied by 0, so it must be finite
        NDScope.unregister(zeros);
        keysAndValues.add(zeros);
      }
      readAll();
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  private void readAll() {
    int begin = 0;
    while (begin < sequences.size()) {
      int longest = sequences.get(begin).length;
      int end = begin + 1;
      while (end < sequences.size()) {
        longest = Math.max(longest, sequences.get(end).length);
        if ((end - begin + 1L) * longest > maxTokens) {
          break;
        }
        end++;
      }
      read(begin, end);
      begin = end;
    }
  }

  private void read(int begin, int end) {
    int longest = 0;
    for (int[] ids : sequences.subList(begin, end)) {
      longest = Math.max(longest, ids.length);
    }
    if (longest == 0) {
      return;
    }
    long[] padded = new long[(end - begin) * longest];
    for (int row = begin; row < end; row++) {
      int[] ids = sequences.get(row);
      for (int position = 0; position < ids.length; position++) {
        padded[(row - begin) * longest + position] = ids[position];
      }
    }
    try (NDManager scope = manager.newSubManager()) {
      NDList read = decoder.keysAndValues(scope.create(padded, new Shape(end - begin, longest)));
      keepStates(read.remove(read.size() - 1), begin, end);
      NDIndex part = new NDIndex().addSliceDim(begin, end).addAllDim().addSliceDim(0, longest);
      List<NDArray> targets = new ArrayList<>();
      for (NDArray array : keysAndValues) {
        NDArray target = array.get(part);
        target.attach(scope);
        targets.add(target);
      }
      TorchOps.get().copy(read, targets);
    }
  }

  private void keepStates(NDArray hidden, int begin, int end) {
    int longest = Math.toIntExact(hidden.getShape().get(1));
    long all = sequences.stream().mapToLong(ids -> ids.length).sum();
    long step = (all + maxStates - 1) / maxStates;
    long[] places =
        IntStream.range(begin, end)
            .boxed()
            .flatMapToLong(
                row ->
                    LongStream.iterate(0, i -> i < sequences.get(row).length, i -> i + step)
                        .map(i -> (row - begin) * (long) longest + i))
            .toArray();
    NDArray some = hidden.reshape(-1, hidden.getShape().get(2));
    NDArray kept = some.get(hidden.getManager().create(places));
    kept.attach(manager);
    NDScope.unregister(kept);
    states.add(kept);
  }

  @Override
  public Optional<NDArray> states() {
    if (states.size() > 1) {
      NDArray all = NDArrays.concat(states);
      states.forEach(NDArray::close);
      states.clear();
      states.add(all);
    }
    return states.stream().findFirst();
  }

  @Override
  public Branches branch(int[] rowSequences, int[] lengths, int newTokens) {
    return new DecoderBranches(decoder, manager, keysAndValues, rowSequences, lengths, newTokens);
  }

  @Override
  public void close() {
    manager.close();
  }
}
