package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;

/**
 * How to continue prompts: greedily, up to a length. End-of-sequence tokens do not stop it.
 *
 * @param maxLength total length to reach, prompt included; 0 if {@code newTokens} counts
 * @param newTokens number of tokens to add to every prompt; 0 if {@code maxLength} counts
 */
public record Decoding(int maxLength, int newTokens) {
  /** Checks that exactly one limit is given. */
  public Decoding {
    checkArgument(
        maxLength >= 0 && newTokens >= 0 && (maxLength > 0) != (newTokens > 0),
        "exactly one of maxLength and newTokens must be > 0, but were: %s, %s",
        maxLength,
        newTokens);
  }

  /** Returns greedy decoding of a number of new tokens. */
  public static Decoding greedy(int newTokens) {
    return new Decoding(0, newTokens);
  }

  /** Returns greedy decoding until prompt and continuation together reach a length. */
  public static Decoding greedyTo(int maxLength) {
    return new Decoding(maxLength, 0);
  }

  /** Returns how many tokens a prompt of the given length gets; never negative. */
  public int newTokensAfter(int promptLength) {
    return newTokens > 0 ? newTokens : Math.max(0, maxLength - promptLength);
  }
}
