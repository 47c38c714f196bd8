package dev.unlearn.eval.baseline;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hashing;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.ForwardingCausalLm;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** {@link DpDecoding#applied}: where another model would choose greedily, this one draws. */
final class DecodedCausalLm extends ForwardingCausalLm {
  private final DpDecoding decoding;
  private final long seed;

  DecodedCausalLm(CausalLm model, DpDecoding decoding, long seed) {
    super(model);
    this.decoding = decoding;
    this.seed = seed;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.TARGETS);
  }

  /** Scores the targets, whatever the detail: each costs a decoding. */
  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    checkArgument(
        detail != ScoreDetail.MOMENTS, "detail must not be MOMENTS, which drawn tokens have not");
    List<TokenSequence> prompts = new ArrayList<>();
    for (TokenSequence sequence : sequences) {
      for (int position = sequence.firstTarget(); position < sequence.length(); position++) {
        prompts.add(prefix(sequence, position));
      }
    }
    Decoding oneToken = decoding.decoding().newTokens(1).seed(seed(0)).build();
    List<int[]> drawn = prompts.isEmpty() ? List.of() : model().generate(prompts, oneToken);
    List<TokenScores> scores = new ArrayList<>(sequences.size());
    int next = 0;
    for (TokenScores exact : model().score(sequences, ScoreDetail.TARGETS)) {
      TokenSequence sequence = exact.sequence();
      int[] choices = new int[sequence.targetCount()];
      float[] logProbabilities = new float[choices.length];
      for (int i = 0; i < choices.length; i++) {
        choices[i] = drawn.get(next++)[0];
        logProbabilities[i] = logProbability(exact, sequence.firstTarget() + i);
      }
      scores.add(new TokenScores(sequence, logProbabilities, choices));
    }
    return scores;
  }

  private float logProbability(TokenScores exact, int position) {
    return decoding.isOfLogits()
        ? Float.NaN
        : (float) Math.log(decoding.mixed(exact.logProbability(position), vocabularySize()));
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int order,
      DecodingListener listener) {
    return continueGreedily(sequences, prefixLengths, List.of(), order, listener);
  }

  /**
   * Draws a continuation of every prefix. A draw says nothing of the next prefix's, so scores are
   * of no use. Continuations are whole. Sequences of one length are decoded together, with random
   * numbers of their own.
   */
  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order,
      DecodingListener listener) {
    Map<Integer, List<Integer>> byLength = new TreeMap<>();
    for (int index = 0; index < sequences.size(); index++) {
      byLength
          .computeIfAbsent(sequences.get(index).length(), unused -> new ArrayList<>())
          .add(index);
    }
    List<Map<Integer, int[]>> continuations =
        new ArrayList<>(sequences.stream().map(s -> Map.<Integer, int[]>of()).toList());
    byLength.forEach(
        (length, indices) -> {
          List<TokenSequence> prompts = new ArrayList<>();
          for (int index : indices) {
            for (int prefixLength : prefixLengths.get(index)) {
              prompts.add(prefix(sequences.get(index), prefixLength));
            }
          }
          List<int[]> drawn = prompts.isEmpty() ? List.of() : generate(prompts, length, listener);
          int next = 0;
          for (int index : indices) {
            Map<Integer, int[]> byPrefix = new LinkedHashMap<>();
            for (int prefixLength : prefixLengths.get(index)) {
              byPrefix.put(prefixLength, drawn.get(next++));
            }
            continuations.set(index, byPrefix);
          }
        });
    return continuations.stream().map(GreedyContinuations::new).toList();
  }

  private List<int[]> generate(List<TokenSequence> prompts, int length, DecodingListener listener) {
    Decoding toLength = decoding.decoding().maxLength(length).seed(seed(length)).build();
    return model().generate(prompts, toLength, listener);
  }

  /** Each call of the model has a seed of its own; prompts are told apart by their index only. */
  private long seed(int call) {
    return Hashing.murmur3_128().newHasher().putLong(seed).putInt(call).hash().asLong();
  }

  private static TokenSequence prefix(TokenSequence sequence, int length) {
    return TokenSequence.of(sequence.ids(0, length));
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding how, DecodingListener listener) {
    throw new UnsupportedOperationException(
        "generate with DpDecoding.decoding() instead, which says how tokens are drawn");
  }
}
