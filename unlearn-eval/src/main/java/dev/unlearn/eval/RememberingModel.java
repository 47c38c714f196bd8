package dev.unlearn.eval;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A model that is asked once for the scores and continuations of a sequence. */
final class RememberingModel implements CausalLm {
  private final CausalLm model;
  private final Map<ScoreDetail, Map<TokenSequence, TokenScores>> scores = new HashMap<>();
  private final Map<Prefixes, GreedyContinuations> continuations = new HashMap<>();

  /** The least that was asked for: what ends later serves all. */
  private int order = Integer.MAX_VALUE;

  private record Prefixes(TokenSequence sequence, List<Integer> lengths) {}

  RememberingModel(CausalLm model) {
    this.model = model;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.ALL);
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    return remembered(
        sequences,
        scores.computeIfAbsent(detail, unused -> new HashMap<>()),
        open -> model.score(open, detail));
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> ofSequences,
      int newOrder,
      DecodingListener listener) {
    if (newOrder < order) {
      order = newOrder;
      continuations.clear();
    }
    List<Prefixes> keys =
        IntStream.range(0, sequences.size())
            .mapToObj(
                i ->
                    new Prefixes(
                        sequences.get(i), IntStream.of(prefixLengths.get(i)).boxed().toList()))
            .toList();
    Map<Prefixes, TokenScores> scored = new HashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      scored.put(keys.get(i), ofSequences.get(i));
    }
    return remembered(
        keys,
        continuations,
        open ->
            model.continueGreedily(
                open.stream().map(Prefixes::sequence).toList(),
                open.stream()
                    .map(key -> key.lengths().stream().mapToInt(Integer::intValue).toArray())
                    .toList(),
                open.stream().map(scored::get).toList(),
                order,
                listener));
  }

  private static <K, V> List<V> remembered(
      List<K> keys, Map<K, V> known, Function<List<K>, List<V>> ask) {
    Set<K> unknown = new LinkedHashSet<>(keys);
    unknown.removeAll(known.keySet());
    if (!unknown.isEmpty()) {
      List<K> open = new ArrayList<>(unknown);
      List<V> answers = ask.apply(open);
      IntStream.range(0, open.size()).forEach(i -> known.put(open.get(i), answers.get(i)));
    }
    return keys.stream().map(known::get).toList();
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
