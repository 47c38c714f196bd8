package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.ValueStyle;
import java.util.List;
import java.util.Optional;
import org.immutables.value.Value;

/**
 * How to continue prompts: how far, and how each next token is chosen.
 *
 * <p>From the scores of the next token (logits), in this order: the repetition penalty, the {@link
 * LogitsTransform}; then, at temperature 0, the token of the highest score, the lowest id at a tie;
 * else the scores divided by the temperature, cut to the {@code topK} highest, cut to the fewest
 * whose probabilities sum to at least {@code topP}, and one token drawn.
 *
 * <p>End-of-sequence tokens do not stop it unless they are given as a stop sequence.
 */
@Value.Immutable
@ValueStyle
public interface Decoding {

  /** Returns the total length to reach, prompt included; 0 if {@link #newTokens()} counts. */
  @Value.Default
  default int maxLength() {
    return 0;
  }

  /** Returns the number of tokens to add to every prompt; 0 if {@link #maxLength()} counts. */
  @Value.Default
  default int newTokens() {
    return 0;
  }

  /** Returns what scores are divided by before a token is drawn; 0 to take the best instead. */
  @Value.Default
  default double temperature() {
    return 0;
  }

  /** Returns how many of the best tokens may be drawn, all that tie with the last; 0 for all. */
  @Value.Default
  default int topK() {
    return 0;
  }

  /**
   * Returns the probability that the tokens which may be drawn must have together, in (0, 1]; the
   * best tokens are kept until they do (nucleus sampling; Holtzman et al., arXiv 1904.09751).
   */
  @Value.Default
  default double topP() {
    return 1;
  }

  /**
   * Returns by what the score of a token that prompt or continuation holds already is divided if it
   * is positive, and multiplied otherwise; 1 for no penalty (Keskar et al., arXiv 1909.05858).
   */
  @Value.Default
  default double repetitionPenalty() {
    return 1;
  }

  /** Returns the sequences that end a continuation, as the last tokens of it. */
  List<TokenSequence> stopSequences();

  /**
   * Returns the seed of all draws. Each prompt has random numbers of its own, by its index, so that
   * what it gets does not depend on the others.
   */
  @Value.Default
  default long seed() {
    return 0;
  }

  /** Returns a change of the scores before a token is chosen. */
  Optional<LogitsTransform> logitsTransform();

  /** Checks the values. */
  @Value.Check
  default void check() {
    checkArgument(
        maxLength() >= 0 && newTokens() >= 0 && (maxLength() > 0) != (newTokens() > 0),
        "exactly one of maxLength and newTokens must be > 0, but were: %s, %s",
        maxLength(),
        newTokens());
    checkArgument(
        temperature() >= 0 && Double.isFinite(temperature()),
        "temperature must be finite and >= 0, but was: %s",
        temperature());
    checkArgument(topK() >= 0, "topK must be >= 0, but was: %s", topK());
    checkArgument(topP() > 0 && topP() <= 1, "topP must be in (0, 1], but was: %s", topP());
    checkArgument(
        temperature() > 0 || topK() == 0, "topK must be 0 at temperature 0, but was: %s", topK());
    checkArgument(
        temperature() > 0 || topP() == 1, "topP must be 1 at temperature 0, but was: %s", topP());
    checkArgument(
        repetitionPenalty() > 0 && Double.isFinite(repetitionPenalty()),
        "repetitionPenalty must be finite and > 0, but was: %s",
        repetitionPenalty());
  }

  /** Returns greedy decoding of a number of new tokens. */
  static Decoding greedy(int newTokens) {
    return builder().newTokens(newTokens).build();
  }

  /** Returns greedy decoding until prompt and continuation together reach a length. */
  static Decoding greedyTo(int maxLength) {
    return builder().maxLength(maxLength).build();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableDecoding.builder();
  }

  /** Returns how many tokens a prompt of the given length gets at most; never negative. */
  default int newTokensAfter(int promptLength) {
    return newTokens() > 0 ? newTokens() : Math.max(0, maxLength() - promptLength);
  }

  /** Returns whether every token is the one of the model's highest score, with nothing changed. */
  default boolean isPlainGreedy() {
    return temperature() == 0 && repetitionPenalty() == 1 && logitsTransform().isEmpty();
  }

  /** Builds a {@link Decoding}. Not thread-safe. */
  interface Builder {
    /** Sets {@link Decoding#maxLength()}. */
    @CanIgnoreReturnValue
    Builder maxLength(int value);

    /** Sets {@link Decoding#newTokens()}. */
    @CanIgnoreReturnValue
    Builder newTokens(int value);

    /** Sets {@link Decoding#temperature()}. */
    @CanIgnoreReturnValue
    Builder temperature(double value);

    /** Sets {@link Decoding#topK()}. */
    @CanIgnoreReturnValue
    Builder topK(int value);

    /** Sets {@link Decoding#topP()}. */
    @CanIgnoreReturnValue
    Builder topP(double value);

    /** Sets {@link Decoding#repetitionPenalty()}. */
    @CanIgnoreReturnValue
    Builder repetitionPenalty(double value);

    /** Adds one of {@link Decoding#stopSequences()}, for instance a token that ends text. */
    @CanIgnoreReturnValue
    Builder addStopSequence(TokenSequence value);

    /** Sets {@link Decoding#seed()}. */
    @CanIgnoreReturnValue
    Builder seed(long value);

    /** Sets {@link Decoding#logitsTransform()}. */
    @CanIgnoreReturnValue
    Builder logitsTransform(LogitsTransform value);

    /**
     * Returns the decoding.
     *
     * @throws IllegalArgumentException if not exactly one of {@code maxLength} and {@code
     *     newTokens} is positive, or a value is outside its range
     */
    Decoding build();
  }
}
