package dev.unlearn.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.Scopes;
import dev.unlearn.internal.ScoringOps;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.BranchedRows;
import dev.unlearn.model.generation.Packing;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;
import java.util.Optional;

/**
 * Teacher-forced scoring: log-probability of each true token, and the greedy choice there. The head
 * is computed only where something is scored.
 */
final class Scorer {
  /** Hidden states that a head which is one matrix reads at a time. */
  private static final long STATES = 664;

  /** Vocabularies below which a cache holds the logits anyway. */
  private static final int MIN_VOCABULARY = 4096;

  private final Network network;

  Scorer(Network network) {
    this.network = network;
  }

  /**
   * Scores.
   *
   * @param memoryBytes what copies of weights may take, to be faster
   */
  List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail, long memoryBytes) {
    List<ScoringSheet> sheets = sequences.stream().map(s -> new ScoringSheet(s, detail)).toList();
    List<ScoringRow> rows =
        ScoringRow.of(sequences, detail, network.readsBranches()).stream()
            .filter(row -> row.length() > 0)
            .toList();
    long tokens = rows.stream().mapToLong(ScoringRow::length).sum();
    try (Torch.GradientMode off = Torch.gradientsOff();
        Packing packing = network.pack(tokens, memoryBytes)) {
      for (boolean branched : new boolean[] {false, true}) {
        List<ScoringRow> alike = rows.stream().filter(row -> row.isBranched() == branched).toList();
        MicroBatches.byLength(alike, ScoringRow::length, MicroBatches.DEFAULT_TOKENS)
            .forEach(batch -> score(batch.stream().map(alike::get).toList(), sheets));
      }
    }
    return sheets.stream().map(ScoringSheet::scores).toList();
  }

  private void score(List<ScoringRow> rows, List<ScoringSheet> sheets) {
    BranchedRows batch = new BranchedRows(rows.stream().map(ScoringRow::parts).toList());
    Predictions predictions = Predictions.of(rows, batch.length(), sheets);
    try (NDManager scope = network.manager().newSubManager()) {
      NDArray hidden = Pieces.flatten(hidden(scope, batch));
      NDArray places = scope.create(predictions.places());
      Optional<OutputMatrix> head =
          predictions.wantMoments() ? Optional.empty() : matrixInCache(network);
      Pieces pieces =
          head.isPresent()
              ? Pieces.of(places.size(), STATES)
              : Pieces.forLogits(places.size(), network.vocabularySize());
      pieces.forEach(
          (begin, end) -> {
            try (NDScope piece = Scopes.open()) {
              NDArray some = hidden.get(Pieces.rows(places, begin, end));
              read(some, head, predictions.between(begin, end));
            }
          });
    }
  }

  /** Returns the head, if logits are looked at some ids at a time where no moments are wanted. */
  static Optional<OutputMatrix> matrixInCache(Network network) {
    boolean pays =
        network.vocabularySize() >= MIN_VOCABULARY && Devices.isHost(network.manager().getDevice());
    return pays ? network.outputMatrix() : Optional.empty();
  }

  private void read(NDArray states, Optional<OutputMatrix> head, Predictions predictions) {
    NDManager manager = states.getManager();
    NDArray rows = manager.create(predictions.rows());
    NDArray ids = manager.create(predictions.ids());
    NDArray[] chosen;
    if (head.isPresent()) {
      chosen = ScoringOps.chosen(head.get(), states, rows, ids);
    } else {
      NDArray logits = network.logits(states);
      chosen = ScoringOps.chosen(logits, rows, ids);
      if (predictions.wantMoments()) {
        NDArray[] moments = ScoringOps.moments(logits);
        predictions.putMoments(moments[0].toFloatArray(), moments[1].toFloatArray());
      }
    }
    predictions.put(chosen[0].toFloatArray(), chosen[1].toLongArray());
  }

  private NDArray hidden(NDManager scope, BranchedRows batch) {
    if (batch.isBranched()) {
      return network.hidden(scope, batch);
    }
    Shape shape = new Shape(batch.size(), batch.length());
    NDArray mask = scope.create(batch.attentionMask(), shape);
    return network.hidden(scope.create(batch.ids(), shape), mask);
  }
}
