package dev.unlearn.spi.contract;

import com.google.common.primitives.Ints;
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
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.ToIntFunction;

/**
 * A model that is a function from prefixes to the greedy next token. That token has probability
 * 1/2, all others share the other half. It counts what it is asked to do.
 */
public final class FakeCausalLm implements CausalLm {
  private final int vocabularySize;
  private final ToIntFunction<List<Integer>> next;
  private final List<Integer> decodedFrom = new ArrayList<>();
  private int scorePasses;
  private int continuing;

  private FakeCausalLm(int vocabularySize, ToIntFunction<List<Integer>> next) {
    this.vocabularySize = vocabularySize;
    this.next = next;
  }

  /** Returns a model whose next token depends on the last one only. */
  public static FakeCausalLm ofTable(int... table) {
    return new FakeCausalLm(table.length, prefix -> table[prefix.get(prefix.size() - 1)]);
  }

  /** Returns one that knows what follows some prefixes and says {@code otherwise} to others. */
  public static FakeCausalLm ofLookup(
      int vocabularySize, int otherwise, Map<List<Integer>, Integer> lookup) {
    return new FakeCausalLm(vocabularySize, prefix -> lookup.getOrDefault(prefix, otherwise));
  }

  /** Returns one whose next token depends on the whole prefix, as good as at random. */
  public static FakeCausalLm ofHash(int vocabularySize, int seed) {
    return new FakeCausalLm(
        vocabularySize,
        prefix -> new Random(31L * seed + prefix.hashCode()).nextInt(vocabularySize));
  }

  /** Returns the prefix lengths decoding began at, one per prompt, in order. */
  public List<Integer> decodedFrom() {
    return decodedFrom;
  }

  /** Returns how many times it was asked to score. */
  public int scorePasses() {
    return scorePasses;
  }

  /** Returns how many times it was asked to continue prefixes. */
  public int continuing() {
    return continuing;
  }

  /** Decodes one prompt without counting it. */
  public int[] continuation(int[] prompt, int newTokens) {
    List<Integer> ids = new ArrayList<>(Ints.asList(prompt));
    for (int i = 0; i < newTokens; i++) {
      ids.add(next.applyAsInt(List.copyOf(ids)));
    }
    return Ints.toArray(ids.subList(prompt.length, ids.size()));
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.ALL);
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    scorePasses++;
    return sequences.stream().map(sequence -> score(sequence, detail)).toList();
  }

  private TokenScores score(TokenSequence sequence, ScoreDetail detail) {
    int first = detail.coversPrompt() ? 1 : sequence.firstTarget();
    int[] greedy = new int[sequence.length() - first];
    float[] logProbabilities = new float[greedy.length];
    for (int i = 0; i < greedy.length; i++) {
      greedy[i] = next.applyAsInt(Ints.asList(sequence.ids(0, first + i)));
      boolean hit = greedy[i] == sequence.id(first + i);
      logProbabilities[i] = (float) (hit ? ofChoice() : ofAnother());
    }
    TokenScores scores = new TokenScores(sequence, logProbabilities, greedy);
    return detail == ScoreDetail.MOMENTS ? withMoments(scores, greedy.length) : scores;
  }

  /** The same everywhere: half of all probability has one logarithm, half the other. */
  private TokenScores withMoments(TokenScores scores, int count) {
    float[] means = new float[count];
    float[] variances = new float[count];
    Arrays.fill(means, (float) ((ofChoice() + ofAnother()) / 2));
    Arrays.fill(variances, (float) Math.pow((ofChoice() - ofAnother()) / 2, 2));
    return scores.withMoments(means, variances);
  }

  private static double ofChoice() {
    return Math.log(0.5);
  }

  private double ofAnother() {
    return Math.log(0.5 / (vocabularySize - 1));
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order,
      DecodingListener listener) {
    continuing++;
    return CausalLm.super.continueGreedily(sequences, prefixLengths, scores, order, listener);
  }

  /** Decodes greedily, prompt by prompt, and tells of progress after each. */
  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    prompts.forEach(prompt -> decodedFrom.add(prompt.length()));
    long total = prompts.stream().mapToLong(p -> decoding.newTokensAfter(p.length())).sum();
    long done = 0;
    List<int[]> continuations = new ArrayList<>();
    for (int index = 0; index < prompts.size(); index++) {
      TokenSequence prompt = prompts.get(index);
      int[] tokens = continuation(prompt.ids(), decoding.newTokensAfter(prompt.length()));
      for (int token : tokens) {
        if (listener.cancelled()) {
          throw new CancellationException("cancelled");
        }
        listener.token(index, token);
        done++;
      }
      listener.progressed(done, total);
      continuations.add(tokens);
    }
    return continuations;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public int contextLength() {
    return Integer.MAX_VALUE;
  }

  /** Letters are tokens: a is 0. */
  @Override
  public Tokenizer tokenizer() {
    return new Tokenizer() {
      @Override
      public TokenSequence encode(String text) {
        return TokenSequence.of(text.chars().map(letter -> letter - 'a').toArray());
      }

      @Override
      public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        Arrays.stream(ids).forEach(id -> text.append((char) ('a' + id)));
        return text.toString();
      }
    };
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo("fake", 0, 0, "none", "none");
  }
}
