package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.model.generation.Packing;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TokenBatch;
import java.util.Arrays;
import java.util.List;

/** Teacher-forced scoring: log-probability of each true token, and the greedy choice there. */
final class Scorer {
  private final Network network;

  Scorer(Network network) {
    this.network = network;
  }

  /**
   * Scores.
   *
   * @param memoryBytes what copies of weights may take, to be faster
   */
  List<TokenScores> score(List<TokenSequence> sequences, long memoryBytes) {
    TokenScores[] result = new TokenScores[sequences.size()];
    long tokens = sequences.stream().mapToLong(TokenSequence::length).sum();
    try (Torch.GradientMode off = Torch.gradientsOff();
        Packing packing = network.pack(tokens, memoryBytes)) {
      for (List<Integer> group : MicroBatches.byLength(sequences, MicroBatches.DEFAULT_TOKENS)) {
        score(sequences, group, result);
      }
    }
    return Arrays.asList(result);
  }

  private void score(List<TokenSequence> sequences, List<Integer> group, TokenScores[] result) {
    List<TokenSequence> rows = group.stream().map(sequences::get).toList();
    try (TokenBatch batch = TokenBatch.of(network.manager(), rows)) {
      int length = batch.length();
      NDArray hidden = Pieces.flatten(network.hidden(batch.ids(), batch.attentionMask(), null));
      NDArray labels = Pieces.labels(batch);
      float[] logProbabilities = new float[rows.size() * length];
      int[] greedy = new int[rows.size() * length];
      new Pieces(logProbabilities.length, network.vocabularySize())
          .forEach(
              (begin, end) -> {
                try (NDScope scope = Scopes.open()) {
                  NDArray logits = network.logits(Pieces.rows(hidden, begin, end));
                  float[] values =
                      TorchOps.get()
                          .tokenLogProbabilities(logits, Pieces.rows(labels, begin, end))
                          .toFloatArray();
                  long[] best = logits.argMax(1).toLongArray();
                  for (int i = 0; i < values.length; i++) {
                    logProbabilities[(int) begin + i] = values[i];
                    greedy[(int) begin + i] = Math.toIntExact(best[i]);
                  }
                }
              });
      for (int row = 0; row < rows.size(); row++) {
        int from = row * length;
        int to = from + rows.get(row).length() - 1;
        result[group.get(row)] =
            new TokenScores(
                rows.get(row),
                Arrays.copyOfRange(logProbabilities, from, to),
                Arrays.copyOfRange(greedy, from, to));
      }
    }
  }
}
