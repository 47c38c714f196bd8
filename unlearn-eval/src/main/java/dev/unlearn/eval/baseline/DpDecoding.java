package dev.unlearn.eval.baseline;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.LogitsTransform;
import dev.unlearn.spi.Metric;

/**
 * Decoding that hides what a model knows behind chance, while the model stays as it is.
 *
 * <ul>
 *   <li>{@link #uniformMix}: differentially private decoding, the method of Majmudar et al.,
 *       Differentially Private Decoding in Large Language Models, arXiv 2205.13621.
 *   <li>{@link #logitMix}: what the code of Jang et al. (arXiv 2210.01504) does under that name, to
 *       reproduce their numbers. It guarantees nothing.
 * </ul>
 *
 * <p>To generate, for instance for a dialogue score, build on {@link #decoding()}:
 *
 * <pre>{@code
 * model.generate(prompts, DpDecoding.uniformMix(0.2).decoding().newTokens(32).seed(1).build())
 * }</pre>
 *
 * <p>To measure, give a metric the model as {@link #applied} returns it. Under such a decoding
 * there is no greedy choice: memorization accuracy is the share of true tokens among those drawn,
 * one per prefix, and extraction likelihood comes from continuations that are drawn.
 */
public final class DpDecoding {
  /** What HuggingFace's sampling cut to by default when the numbers of Jang et al. were made. */
  static final int DEFAULT_TOP_K = 50;

  private final double lambda;
  private final boolean ofLogits;

  private DpDecoding(double lambda, boolean ofLogits) {
    checkArgument(lambda >= 0 && lambda <= 1, "lambda must be in [0, 1], but was: %s", lambda);
    this.lambda = lambda;
    this.ofLogits = ofLogits;
  }

  /**
   * Returns differentially private decoding: each token is drawn from
   *
   * <pre>{@code q'(v) = lambda * q(v) + (1 - lambda) / V}</pre>
   *
   * <p>where q is the model's distribution and V the number of its ids, all of them: those that
   * have probability 0 get {@code (1 - lambda) / V}, too.
   *
   * @param lambda the model's weight, in [0, 1]; 0 draws uniformly, 1 changes nothing
   * @throws IllegalArgumentException if it is not
   */
  public static DpDecoding uniformMix(double lambda) {
    return new DpDecoding(lambda, false);
  }

  /**
   * Returns the variant in the code of Jang et al.: the scores z (logits) become {@code lambda * z
   * + (1 - lambda) * mean(z)}, and a token is drawn from the 50 best.
   *
   * <p><b>This is not differentially private, for no epsilon.</b> A constant added to all scores
   * changes nothing, so it is sampling at temperature {@code 1 / lambda} with top-k 50: whatever is
   * outside the 50 best is never said, and nothing bounds how much likelier one model makes a token
   * than another. Use it only to compare with published numbers.
   *
   * @param lambda in [0, 1]; 0 draws uniformly of all ids, for they all tie with the 50th
   * @throws IllegalArgumentException if it is not
   */
  public static DpDecoding logitMix(double lambda) {
    return new DpDecoding(lambda, true);
  }

  /** Returns lambda, the weight of what the model says. */
  public double lambda() {
    return lambda;
  }

  /**
   * Returns the change of the scores alone; {@link #decoding()} also says how to draw from them.
   */
  public LogitsTransform transform() {
    return ofLogits ? new LogitMix(lambda) : new UniformMix(lambda);
  }

  /**
   * Returns the decoding, to be given a length and a seed: temperature 1 and {@link #transform()},
   * with top-k 50 for {@link #logitMix}. Another temperature, top-k, top-p or repetition penalty
   * would end the guarantee of {@link #uniformMix}.
   */
  public Decoding.Builder decoding() {
    return Decoding.builder()
        .temperature(1)
        .topK(ofLogits ? DEFAULT_TOP_K : 0)
        .logitsTransform(transform());
  }

  /**
   * Returns the epsilon of one token:
   *
   * <pre>{@code epsilon = ln(1 + lambda * V / (1 - lambda))}</pre>
   *
   * <p>It is the logarithm of the largest ratio that {@code q'(v)} can have under any two models,
   * one certain of v and one that excludes it; infinite for {@code lambda = 1} and for {@link
   * #logitMix}. It is derived here from the formula of {@code q'}, not quoted.
   *
   * <p>What it guarantees: models trained with and without any text differ by a factor of at most
   * {@code e^epsilon} in the probability of the token. Because any two models are covered, training
   * need not be private. Conditions:
   *
   * <ul>
   *   <li>Tokens add up: n tokens, over all answers that anybody gets, cost {@code n * epsilon}.
   *   <li>Tokens are drawn as {@link #decoding()} draws them, from random numbers that nobody
   *       knows: with a known seed there is no guarantee at all.
   *   <li>Nothing else of the model gets out: no weights, no scores, no other decoding.
   *   <li>Prompts are not protected.
   * </ul>
   *
   * <p>It grows with the vocabulary: for V = 50,257 it is 9.4 at lambda = 0.2, a factor of 12,565,
   * and 1,888 for 200 tokens. Such numbers guarantee next to nothing; what can be seen of a text is
   * a matter of measuring.
   *
   * @param vocabularySize V
   * @throws IllegalArgumentException if {@code vocabularySize < 1}
   */
  public double epsilonPerToken(int vocabularySize) {
    checkArgument(vocabularySize >= 1, "vocabularySize must be >= 1, but was: %s", vocabularySize);
    return ofLogits
        ? Double.POSITIVE_INFINITY
        : Math.log1p(lambda * vocabularySize / (1 - lambda)); // infinite for lambda = 1
  }

  /**
   * Returns a model as it appears to whoever may only see tokens drawn this way. Metrics that take
   * greedy choices and continuations get drawn ones:
   *
   * <ul>
   *   <li>{@code MemorizationAccuracy} is the share of tokens hit, one drawn per prefix; {@link
   *       #expectedAccuracy} is what it comes to on the mean.
   *   <li>{@code ExtractionLikelihood} overlaps one drawn continuation per prefix; {@link
   *       #extractionLikelihood} adds an interval.
   *   <li>{@code TokenLoss} and {@code Perplexity} are those of {@code q'}, exactly; NaN for {@link
   *       #logitMix}.
   * </ul>
   *
   * <p>The same seed gives the same draws. Accuracy costs a decoding of one token from every
   * prefix. The model stays the caller's to close.
   */
  public CausalLm applied(CausalLm model, long seed) {
    return new DecodedCausalLm(requireNonNull(model, "model"), this, seed);
  }

  /**
   * Returns memorization accuracy under {@link #uniformMix} in expectation over the draws, key
   * {@code "ma_uniform_mix_<lambda>"}: for each sequence the mean of {@code q'} over its targets.
   * It is exact and costs one teacher-forced pass; give it the bare model.
   *
   * @throws IllegalStateException for {@link #logitMix}, which depends on all scores: measure
   *     {@code MemorizationAccuracy} on {@link #applied}
   */
  public Metric expectedAccuracy() {
    return new ExpectedAccuracy(this);
  }

  /**
   * Returns extraction likelihood under this decoding with an interval, key {@code
   * "el_<order>_<decoding>_sampled_<prefixes>_seed_<seed>"}; give it the bare model.
   *
   * <p>Of each sequence's prefixes up to {@code prefixes} are drawn without replacement, all if it
   * has no more, and from each one continuation. The estimate is unbiased. The interval of the
   * aggregate has a confidence of 0.95 over both draws: Chernoff and Hoeffding's if all sequences
   * have equally many draws, else Hoeffding's for a weighted sum. It says nothing of text that was
   * not measured.
   *
   * @param order n, the length of the n-grams in tokens
   * @param prefixes how many prefixes are drawn of each sequence, at most
   * @throws IllegalArgumentException if {@code order < 1} or {@code prefixes < 1}
   */
  public Metric extractionLikelihood(int order, int prefixes, long seed) {
    return new DecodedLikelihood(this, order, prefixes, seed);
  }

  boolean isOfLogits() {
    return ofLogits;
  }

  /** Returns the probability under {@code q'} of a token whose log-probability is given. */
  double mixed(double logProbability, int vocabularySize) {
    return lambda * Math.exp(logProbability) + (1 - lambda) / vocabularySize;
  }

  /** Returns a name for keys and reports, for instance {@code "uniform_mix_0.2"}. */
  @Override
  public String toString() {
    return (ofLogits ? "logit_mix_" : "uniform_mix_") + lambda;
  }
}
