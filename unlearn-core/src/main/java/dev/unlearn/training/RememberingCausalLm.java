package dev.unlearn.training;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * A model that remembers scores and continuations while its weights stay the same, so that metrics
 * on the same sequences share them. Sequences are known by identity.
 */
final class RememberingCausalLm implements CausalLm {
  private final CausalLm model;
  private final IdentityHashMap<TokenSequence, TokenScores> scores = new IdentityHashMap<>();
  private final IdentityHashMap<TokenSequence, Map<Integer, int[]>> continuations =
      new IdentityHashMap<>();

  RememberingCausalLm(CausalLm model) {
    this.model = model;
  }

  /** Forgets everything; call when the weights have changed. */
  void weightsChanged() {
    scores.clear();
    continuations.clear();
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    List<TokenSequence> unknown =
        sequences.stream().filter(sequence -> !scores.containsKey(sequence)).toList();
    if (!unknown.isEmpty()) {
      List<TokenScores> fresh = model.score(unknown);
      for (int i = 0; i < unknown.size(); i++) {
        scores.put(unknown.get(i), fresh.get(i));
      }
    }
    return sequences.stream().map(scores::get).toList();
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences, List<int[]> prefixLengths) {
    List<TokenSequence> incomplete = new ArrayList<>();
    List<int[]> missing = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      Map<Integer, int[]> known = known(sequences.get(i));
      int[] unknown =
          Arrays.stream(prefixLengths.get(i)).filter(t -> !known.containsKey(t)).toArray();
      if (unknown.length > 0) {
        incomplete.add(sequences.get(i));
        missing.add(unknown);
      }
    }
    if (!incomplete.isEmpty()) {
      List<GreedyContinuations> fresh =
          model.continueGreedily(incomplete, missing, score(incomplete));
      for (int i = 0; i < incomplete.size(); i++) {
        for (int prefixLength : missing.get(i)) {
          known(incomplete.get(i)).put(prefixLength, fresh.get(i).after(prefixLength));
        }
      }
    }
    return sequences.stream().map(s -> new GreedyContinuations(known(s))).toList();
  }

  private Map<Integer, int[]> known(TokenSequence sequence) {
    return continuations.computeIfAbsent(sequence, unused -> new HashMap<>());
  }

  @Override
  public List<int[]> generate(List<TokenSequence> prompts, Decoding decoding) {
    return model.generate(prompts, decoding);
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
