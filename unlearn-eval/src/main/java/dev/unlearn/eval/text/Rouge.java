package dev.unlearn.eval.text;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.CharMatcher;
import com.google.common.base.Splitter;
import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * ROUGE: how many of a reference's words come back in a text, as n-grams (ROUGE-N) or as a longest
 * common subsequence (ROUGE-L).
 *
 * <pre>{@code
 * ROUGE-N: matches = sum over n-grams g of min(count of g in text, count of g in reference)
 * ROUGE-L: matches = length of the longest common subsequence of words
 * precision = matches / n-grams or words of the text
 * recall    = matches / n-grams or words of the reference
 * f1        = 2 precision recall / (precision + recall)
 * }</pre>
 *
 * <p>each in [0, 1], and 0 where a side has none. Words are the longest runs of the letters a to z
 * and the digits, after conversion to lower case; all else separates them. So it suits English: of
 * a language in another script nothing is left, and every score is 0.
 *
 * <p>With the {@linkplain #withStemmer() stemmer}, words of more than three characters are reduced
 * to their stems first.
 *
 * <p>Source: Lin, ROUGE: A Package for Automatic Evaluation of Summaries, ACL 2004 workshop. Words,
 * stems and scores are those of Google's {@code rouge_score} package, which the unlearning
 * benchmarks use. Not offered: ROUGE-Lsum, jackknifing, and the summary's best of several
 * references.
 */
public final class Rouge {
  private static final CharMatcher WORD =
      CharMatcher.inRange('a', 'z').or(CharMatcher.inRange('0', '9'));
  private static final Splitter WORDS = Splitter.on(WORD.negate()).omitEmptyStrings();

  /** Shorter words are never stemmed. */
  private static final int MIN_STEMMED_LENGTH = 4;

  private static final int SUBSEQUENCE = 0;

  private final int order;
  private final boolean stemming;

  private Rouge(int order, boolean stemming) {
    this.order = order;
    this.stemming = stemming;
  }

  /**
   * Returns ROUGE-N.
   *
   * @param order n, the length of the n-grams in words
   * @throws IllegalArgumentException if {@code order < 1}
   */
  public static Rouge ofOrder(int order) {
    checkArgument(order >= 1, "order must be >= 1, but was: %s", order);
    return new Rouge(order, false);
  }

  /** Returns ROUGE-L. */
  public static Rouge longest() {
    return new Rouge(SUBSEQUENCE, false);
  }

  /**
   * Returns this with words reduced to stems by Porter's algorithm (Program 14, 1980) in the form
   * it has in NLTK, with its irregular forms and changed rules.
   */
  public Rouge withStemmer() {
    return new Rouge(order, true);
  }

  /** Scores a text against a reference; either may be empty. */
  public RougeScore score(String reference, String text) {
    List<String> expected = words(reference);
    List<String> found = words(text);
    return order == SUBSEQUENCE
        ? RougeScore.of(longestCommon(expected, found), found.size(), expected.size())
        : ngramScore(ngrams(expected), ngrams(found));
  }

  private List<String> words(String text) {
    Stream<String> words = WORDS.splitToStream(text.toLowerCase(Locale.ROOT));
    return (stemming ? words.map(Rouge::stem).filter(stem -> !stem.isEmpty()) : words).toList();
  }

  private static String stem(String word) {
    return word.length() < MIN_STEMMED_LENGTH ? word : PorterStemmer.stem(word);
  }

  private Multiset<List<String>> ngrams(List<String> words) {
    Multiset<List<String>> ngrams = HashMultiset.create();
    for (int start = 0; start + order <= words.size(); start++) {
      ngrams.add(words.subList(start, start + order));
    }
    return ngrams;
  }

  private static RougeScore ngramScore(
      Multiset<List<String>> expected, Multiset<List<String>> found) {
    int matches = 0;
    for (Multiset.Entry<List<String>> ngram : found.entrySet()) {
      matches += Math.min(ngram.getCount(), expected.count(ngram.getElement()));
    }
    return RougeScore.of(matches, found.size(), expected.size());
  }

  /** Keeps one row of the table of all pairs of prefixes. */
  private static int longestCommon(List<String> one, List<String> other) {
    int[] row = new int[other.size() + 1];
    for (String word : one) {
      int diagonal = 0;
      for (int i = 1; i < row.length; i++) {
        int above = row[i];
        row[i] = word.equals(other.get(i - 1)) ? diagonal + 1 : Math.max(above, row[i - 1]);
        diagonal = above;
      }
    }
    return row[other.size()];
  }

  @Override
  public String toString() {
    return (order == SUBSEQUENCE ? "rougeL" : "rouge" + order) + (stemming ? "_stem" : "");
  }
}
