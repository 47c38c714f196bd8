package dev.unlearn.eval;

import com.google.common.primitives.Ints;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** A model that is asked once for the scores of a sequence and what continues each prefix of it. */
final class RememberingModel implements CausalLm {
  private final CausalLm model;
  private final Map<ScoreDetail, Map<TokenSequence, TokenScores>> scores = new HashMap<>();
  private final Map<TokenSequence, Map<Integer, int[]>> continuations = new HashMap<>();

  /** The least that was asked for: what ends later serves all. */
  private int order = Integer.MAX_VALUE;

  RememberingModel(CausalLm model) {
    this.model = model;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.ALL);
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    Map<TokenSequence, TokenScores> known =
        scores.computeIfAbsent(detail, unused -> new HashMap<>());
    Set<TokenSequence> unknown = new LinkedHashSet<>(sequences);
    unknown.removeAll(known.keySet());
    if (!unknown.isEmpty()) {
      List<TokenSequence> open = List.copyOf(unknown);
      List<TokenScores> fresh = model.score(open, detail);
      IntStream.range(0, open.size()).forEach(i -> known.put(open.get(i), fresh.get(i)));
    }
    return sequences.stream().map(known::get).toList();
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> ofSequences,
      int newOrder,
      DecodingListener listener) {
    var unusedRollouts = GreedyRollouts.of(sequences, prefixLengths, ofSequences, newOrder);
    if (newOrder < order) {
      order = newOrder;
      continuations.clear();
    }
    Map<TokenSequence, Set<Integer>> missing = new LinkedHashMap<>();
    Map<TokenSequence, TokenScores> scored = new HashMap<>();
    for (int i = 0; i < sequences.size(); i++) {
      TokenSequence sequence = sequences.get(i);
      scored.put(sequence, ofSequences.get(i));
      Set<Integer> unknown = new LinkedHashSet<>(Ints.asList(prefixLengths.get(i)));
      unknown.removeAll(continuationsOf(sequence).keySet());
      if (!unknown.isEmpty()) {
        missing.computeIfAbsent(sequence, unused -> new LinkedHashSet<>()).addAll(unknown);
      }
    }
    if (!missing.isEmpty()) {
      List<TokenSequence> open = List.copyOf(missing.keySet());
      List<int[]> lengths = missing.values().stream().map(Ints::toArray).toList();
      List<TokenScores> known = open.stream().map(scored::get).toList();
      List<GreedyContinuations> fresh =
          model.continueGreedily(open, lengths, known, order, listener);
      for (int i = 0; i < open.size(); i++) {
        for (int length : lengths.get(i)) {
          continuationsOf(open.get(i)).put(length, fresh.get(i).after(length));
        }
      }
    }
    return sequences.stream().map(s -> new GreedyContinuations(continuationsOf(s))).toList();
  }

  private Map<Integer, int[]> continuationsOf(TokenSequence sequence) {
    return continuations.computeIfAbsent(sequence, unused -> new HashMap<>());
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    return model.generate(prompts, decoding, listener);
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public int contextLength() {
    return model.contextLength();
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public ModelInfo info() {
    return model.info();
  }
}
