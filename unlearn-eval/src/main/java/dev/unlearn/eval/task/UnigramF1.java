package dev.unlearn.eval.task;

import com.google.common.base.Splitter;
import com.google.common.collect.HashMultiset;
import com.google.common.collect.Multiset;
import com.google.common.collect.Multisets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Unigram F1 of two texts: the harmonic mean of the shares of each one's words that the other has
 * too, counted with repetition; 0 if there is none. Words are what is left in lower case without
 * ASCII punctuation and the articles a, an, the; as SQuAD's evaluation and the authors' code have
 * it.
 */
final class UnigramF1 {
  private static final Pattern PUNCTUATION = Pattern.compile("\\p{Punct}");

  /** Python's {@code \b} and {@code \s} know all of Unicode. */
  private static final Pattern ARTICLES =
      Pattern.compile("\\b(a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);

  private static final Splitter SPACES =
      Splitter.on(Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS)).omitEmptyStrings();

  private UnigramF1() {}

  static double of(String one, String other) {
    Multiset<String> ones = HashMultiset.create(words(one));
    Multiset<String> others = HashMultiset.create(words(other));
    double same = Multisets.intersection(ones, others).size();
    return same == 0 ? 0 : 2 * same / (ones.size() + others.size());
  }

  static List<String> words(String text) {
    String plain = PUNCTUATION.matcher(text.toLowerCase(Locale.ROOT)).replaceAll("");
    return SPACES.splitToList(ARTICLES.matcher(plain).replaceAll(" "));
  }
}
