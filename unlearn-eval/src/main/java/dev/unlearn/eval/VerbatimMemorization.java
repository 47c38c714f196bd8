package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.text.Rouge;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/**
 * Verbatim memorization: how much of a sequence's own text the model writes when it is given the
 * prompt.
 *
 * <p>{@code ROUGE-L F1(text of the first N targets, text of N tokens decoded greedily)}, in [0, 1],
 * the prompt being the first {@code promptLength} tokens, or one token if there is no prompt. The
 * aggregate is the plain mean over sequences.
 *
 * <p>Source: Shi et al., MUSE, 2024, arXiv 2407.06460, which decodes 128 tokens and gives the
 * number times 100.
 *
 * <p>Choose it for text with prompts, to see what a reader of the output would recognise: it allows
 * gaps where {@link ExtractionStrength} and {@link ExtractionLikelihood} compare tokens. It decodes
 * from one place only. NaN for a sequence without targets.
 */
public final class VerbatimMemorization implements Metric {
  /** How many tokens MUSE decodes. */
  public static final int MUSE_TOKENS = 128;

  private final int newTokens;
  private final OptionalInt eosId;
  private final boolean compat;

  private VerbatimMemorization(int newTokens, OptionalInt eosId, boolean compat) {
    checkArgument(newTokens >= 1, "newTokens must be >= 1, but was: %s", newTokens);
    this.newTokens = newTokens;
    this.eosId = eosId;
    this.compat = compat;
  }

  /**
   * Returns the metric, key {@code "verbmem_<newTokens>"}.
   *
   * @param newTokens N, how many tokens are decoded, and compared at most
   * @throws IllegalArgumentException if {@code newTokens < 1}
   */
  public static VerbatimMemorization of(int newTokens) {
    return new VerbatimMemorization(newTokens, OptionalInt.empty(), false);
  }

  /**
   * Returns the metric as Open-Unlearning computes it, key {@code
   * "verbmem_<newTokens>_open_unlearning"}: words are stemmed, and the text of all targets is
   * expected, however few tokens are decoded.
   *
   * @throws IllegalArgumentException if {@code newTokens < 1}
   */
  public static VerbatimMemorization openUnlearningCompat(int newTokens) {
    return new VerbatimMemorization(newTokens, OptionalInt.empty(), true);
  }

  /**
   * Returns this metric for a model that ends a text with a token: nothing is compared from it on.
   * {@code "_eos_<eosId>"} follows in the key.
   *
   * @throws IllegalArgumentException if {@code eosId < 0}
   */
  public VerbatimMemorization endingWith(int newEosId) {
    checkArgument(newEosId >= 0, "eosId must be >= 0, but was: %s", newEosId);
    return new VerbatimMemorization(newTokens, OptionalInt.of(newEosId), compat);
  }

  @Override
  public String key() {
    return "verbmem_"
        + newTokens
        + (compat ? "_open_unlearning" : "")
        + (eosId.isPresent() ? "_eos_" + eosId.getAsInt() : "");
  }

  @Override
  public MetricResult measure(CausalLm model, List<TokenSequence> sequences) {
    List<TokenSequence> prompts =
        sequences.stream().map(s -> TokenSequence.of(s.ids(0, s.firstTarget()))).toList();
    List<int[]> continuations = model.generate(prompts, decoding());
    Rouge rouge = compat ? Rouge.longest().withStemmer() : Rouge.longest();
    List<Double> scores = new ArrayList<>(sequences.size());
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      scores.add(
          sequence.targetCount() == 0
              ? Double.NaN
              : rouge
                  .score(
                      text(model.tokenizer(), expected(sequence)),
                      text(model.tokenizer(), continuations.get(index)))
                  .f1());
    }
    return MetricResult.mean(key(), scores);
  }

  private Decoding decoding() {
    Decoding.Builder decoding = Decoding.builder().newTokens(newTokens);
    return eosId.isEmpty()
        ? decoding.build()
        : decoding.addStopSequence(TokenSequence.of(eosId.getAsInt())).build();
  }

  private int[] expected(TokenSequence sequence) {
    int start = sequence.firstTarget();
    int end = compat ? sequence.length() : Math.min(sequence.length(), start + newTokens);
    return sequence.ids(start, end);
  }

  private String text(Tokenizer tokenizer, int[] ids) {
    return tokenizer.decode(
        Arrays.stream(ids).takeWhile(id -> eosId.isEmpty() || id != eosId.getAsInt()).toArray());
  }

  @Override
  public void check(List<TokenSequence> sequences) {
    Targets.check(sequences, "verbatim memorization");
  }

  @Override
  public boolean higherMeansKnown() {
    return true;
  }

  @Override
  public String toString() {
    return key();
  }
}
