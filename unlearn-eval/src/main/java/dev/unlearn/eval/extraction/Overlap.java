package dev.unlearn.eval.extraction;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.function.ToDoubleBiFunction;

/**
 * How much of a true continuation is in what a model said instead, in token ids. Of one key there
 * is one formula.
 */
public final class Overlap {
  private final String key;
  private final ToDoubleBiFunction<int[], int[]> formula;

  private Overlap(String key, ToDoubleBiFunction<int[], int[]> formula) {
    this.key = requireNonNull(key, "key");
    this.formula = requireNonNull(formula, "formula");
  }

  /**
   * Returns one of your own.
   *
   * @param key its name, parameters included
   * @param formula from what was said and the true continuation to a value in [0, 1], higher if
   *     more of it was said, NaN where undefined; it must not change the arrays
   */
  public static Overlap of(String key, ToDoubleBiFunction<int[], int[]> formula) {
    return new Overlap(key, formula);
  }

  /**
   * Returns the share of the true continuation that was said in its order, with or without other
   * tokens in between: the length of the longest common subsequence by the length of what is true,
   * key {@code "lcs"}. It is the recall of ROUGE-L (Lin, 2004), of token ids instead of words.
   */
  public static Overlap longestCommonSubsequence() {
    return new Overlap("lcs", (said, truth) -> (double) Ids.common(said, truth) / truth.length);
  }

  /**
   * Returns the share of what was said, in n-grams, that occurs anywhere in the true continuation,
   * key {@code "overlap_<order>"}: {@code OVERLAP_n} of extraction likelihood (Jang et al., arXiv
   * 2210.01504). NaN where either has fewer than n tokens.
   *
   * @throws IllegalArgumentException if {@code order < 1}
   */
  public static Overlap ngrams(int order) {
    checkArgument(order >= 1, "order must be >= 1, but was: %s", order);
    return new Overlap("overlap_" + order, (said, truth) -> Ids.sharedNgrams(said, truth, order));
  }

  /**
   * Returns 1 where exactly the true continuation was said, otherwise 0, key {@code "verbatim"}.
   */
  public static Overlap verbatim() {
    return new Overlap("verbatim", (said, truth) -> Arrays.equals(said, truth) ? 1 : 0);
  }

  /** Returns the name, parameters included. */
  public String key() {
    return key;
  }

  /** Returns the value of what was said, in [0, 1]; NaN where undefined. */
  public double value(int[] said, int[] truth) {
    return truth.length == 0 ? Double.NaN : formula.applyAsDouble(said, truth);
  }

  @Override
  public String toString() {
    return key;
  }
}
