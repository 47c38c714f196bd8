package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.Decoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Greedy decoding without a cache: prompts of all lengths advance together by length, so that every
 * forward pass has rows of one length and no padding. Only the last position's logits are computed.
 */
final class GreedyDecoder {
  private final Network network;

  GreedyDecoder(Network network) {
    this.network = network;
  }

  List<int[]> generate(List<TokenSequence> prompts, Decoding decoding) {
    List<Row> rows = new ArrayList<>();
    int shortest = Integer.MAX_VALUE;
    int longest = 0;
    for (TokenSequence prompt : prompts) {
      int end = prompt.length() + decoding.newTokensAfter(prompt.length());
      rows.add(new Row(prompt, end));
      shortest = Math.min(shortest, prompt.length());
      longest = Math.max(longest, end);
    }
    for (int length = shortest; length < longest; length++) {
      int current = length;
      List<Row> active = rows.stream().filter(r -> r.begin <= current && current < r.end).toList();
      int size = Math.max(1, MicroBatches.DEFAULT_TOKENS / length);
      for (int from = 0; from < active.size(); from += size) {
        step(active.subList(from, Math.min(active.size(), from + size)), length);
      }
    }
    return rows.stream().map(r -> Arrays.copyOfRange(r.ids, r.begin, r.end)).toList();
  }

  /** Appends to rows that all have {@code length} tokens now. */
  private void step(List<Row> rows, int length) {
    long[] ids = new long[rows.size() * length];
    for (int i = 0; i < rows.size(); i++) {
      for (int position = 0; position < length; position++) {
        ids[i * length + position] = rows.get(i).ids[position];
      }
    }
    long[] mask = new long[ids.length];
    Arrays.fill(mask, 1);
    Shape shape = new Shape(rows.size(), length);
    try (NDManager manager = network.manager().newSubManager();
        Torch.GradientMode off = Torch.gradientsOff()) {
      NDArray hidden =
          network.hidden(manager.create(ids, shape), manager.create(mask, shape), null);
      NDArray logits = network.logits(hidden.get(new NDIndex(":, -1")));
      long[] best = logits.argMax(1).toLongArray();
      for (int i = 0; i < rows.size(); i++) {
        rows.get(i).ids[length] = Math.toIntExact(best[i]);
      }
    }
  }

  /** Tokens of one prompt and its continuation, which fills [{@code begin}, {@code end}). */
  private static final class Row {
    final int[] ids;
    final int begin;
    final int end;

    Row(TokenSequence prompt, int end) {
      ids = Arrays.copyOf(prompt.ids(), end);
      begin = prompt.length();
      this.end = end;
    }
  }
}
