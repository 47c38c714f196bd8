package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Continues prompts of any lengths together. All of a prompt but its last token is read at once;
 * the last one is the first step of its row.
 */
public final class PromptDecoder {
  private final DecodableNetwork network;
  private final long memoryBytes;

  /**
   * Creates a decoder.
   *
   * @param memoryBytes what it may take
   */
  public PromptDecoder(DecodableNetwork network, long memoryBytes) {
    this.network = network;
    this.memoryBytes = memoryBytes;
  }

  /** Returns the new tokens of each prompt. */
  public List<int[]> decode(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    List<Row> rows = new ArrayList<>();
    Candidates candidates = new Candidates();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(new Row(i, prompts.get(i).ids(), decoding, candidates));
    }
    List<Row> order =
        rows.stream()
            .filter(row -> row.open)
            .sorted(
                Comparator.comparingInt(Row::newTokens).thenComparingInt(r -> r.begin).reversed())
            .toList();
    DecodingProgress progress =
        new DecodingProgress(order.stream().mapToLong(Row::newTokens).sum(), listener);
    int longest = rows.stream().mapToInt(row -> row.ids.length).max().orElse(0);
    long bytesPerRow = BatchPlan.bytesPerRow(network, longest);
    try (Torch.GradientMode off = Torch.gradientsOff();
        Packing packing = network.pack(progress.total(), memoryBytes / 4);
        BestIds best =
            new BestIds(
                network, decoding.isPlainGreedy() ? progress.total() : 0, memoryBytes / 8)) {
      BatchPlan plan =
          new BatchPlan(
              network.bytesPerToken(),
              memoryBytes - memoryBytes / 8 - packing.bytes() - best.bytes());
      for (BatchPlan.Range range :
          plan.groups(
              order.size(),
              i -> 2 * order.get(i).begin + order.get(i).newTokens(),
              bytesPerRow,
              BatchPlan.MAX_ROWS)) {
        run(order.subList(range.begin(), range.end()), decoding, best, progress, listener);
      }
    }
    return rows.stream().map(Row::continuation).toList();
  }

  private void run(
      List<Row> batch,
      Decoding decoding,
      BestIds best,
      DecodingProgress progress,
      DecodingListener listener) {
    List<int[]> read = batch.stream().map(r -> Arrays.copyOf(r.ids, r.begin - 1)).toList();
    int[] each = IntStream.range(0, batch.size()).toArray();
    int[] lengths = read.stream().mapToInt(ids -> ids.length).toArray();
    progress.check();
    try (Prefixes prefixes = network.prefixes(read, memoryBytes / 8, BestIds.STATES);
        Branches branches = prefixes.branch(each, lengths, batch.get(0).newTokens())) {
      best.learnFrom(prefixes);
      List<Row> active = batch;
      while (!active.isEmpty()) {
        int[] last = active.stream().mapToInt(row -> row.ids[row.end - 1]).toArray();
        try (NDManager scope = network.manager().newSubManager()) {
          NDArray hidden = branches.step(scope, last);
          int[] next = decoding.isPlainGreedy() ? best.choose(hidden) : choose(hidden, active);
          for (int i = 0; i < next.length; i++) {
            active.get(i).append(next[i]);
            listener.token(active.get(i).prompt, next[i]);
          }
        }
        progress.decoded(active.size());
        active = retire(active, branches);
        if (!active.isEmpty()) {
          progress.check();
        }
      }
    }
  }

  private int[] choose(NDArray hidden, List<Row> active) {
    int size = network.vocabularySize();
    int[] next = new int[active.size()];
    LogitPieces.of(network, memoryBytes / 8)
        .forEach(
            hidden,
            (begin, logits) -> {
              float[] some = logits.toFloatArray();
              for (int i = 0; i * size < some.length; i++) {
                Row row = active.get(begin + i);
                float[] own = Arrays.copyOfRange(some, i * size, (i + 1) * size);
                next[begin + i] = row.chooser.choose(Arrays.copyOf(row.ids, row.end), own);
              }
            });
    return next;
  }

  private static List<Row> retire(List<Row> active, Branches branches) {
    int[] staying = IntStream.range(0, active.size()).filter(i -> active.get(i).open).toArray();
    if (staying.length == active.size()) {
      return active;
    }
    if (staying.length > 0) {
      branches.keep(staying);
    }
    return IntStream.of(staying).mapToObj(active::get).toList();
  }

  /** A prompt and its continuation, which fills [{@code begin}, {@code end}). */
  private static final class Row {
    final int prompt;
    final int[] ids;
    final int begin;
    final TokenChooser chooser;
    private final StopSequences stops;
    int end;
    boolean open;

    Row(int index, int[] promptIds, Decoding decoding, Candidates candidates) {
      prompt = index;
      begin = promptIds.length;
      end = begin;
      ids = Arrays.copyOf(promptIds, begin + decoding.newTokensAfter(begin));
      open = end < ids.length;
      chooser = new TokenChooser(decoding, index, candidates);
      stops = new StopSequences(decoding);
    }

    int newTokens() {
      return ids.length - begin;
    }

    void append(int token) {
      ids[end++] = token;
      open = end < ids.length && !stops.endedBy(ids, begin, end);
    }

    int[] continuation() {
      return Arrays.copyOfRange(ids, begin, end);
    }
  }
}
