package dev.unlearn.eval.text;

import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;

/**
 * Reduces English words to stems: Porter, An algorithm for suffix stripping, Program 14 (3), 1980,
 * with the irregular forms and the changed rules that NLTK's stemmer has by default.
 *
 * <p>A letter is a vowel if it is one of a, e, i, o, u, or a y after a consonant. The measure of a
 * stem is how often a vowel is followed by a consonant in it. Of each step's rules the first whose
 * suffix fits is the only one tried.
 */
final class PorterStemmer {
  private static final Map<String, String> IRREGULAR =
      ImmutableMap.<String, String>builder()
          .put("skies", "sky")
          .put("sky", "sky")
          .put("dying", "die")
          .put("lying", "lie")
          .put("tying", "tie")
          .put("news", "news")
          .put("innings", "inning")
          .put("inning", "inning")
          .put("outings", "outing")
          .put("outing", "outing")
          .put("cannings", "canning")
          .put("canning", "canning")
          .put("howe", "howe")
          .put("proceed", "proceed")
          .put("exceed", "exceed")
          .put("succeed", "succeed")
          .buildOrThrow();

  private static final List<Rule> PLURALS =
      List.of(new Rule("sses", "ss"), new Rule("ies", "i"), new Rule("ss", "ss"), new Rule("s"));

  /** The paper has "abli" for "bli", and no "fulli". */
  private static final List<Rule> DOUBLE_SUFFIXES =
      List.of(
          new Rule("ational", "ate"),
          new Rule("tional", "tion"),
          new Rule("enci", "ence"),
          new Rule("anci", "ance"),
          new Rule("izer", "ize"),
          new Rule("bli", "ble"),
          new Rule("entli", "ent"),
          new Rule("eli", "e"),
          new Rule("ousli", "ous"),
          new Rule("ization", "ize"),
          new Rule("ation", "ate"),
          new Rule("ator", "ate"),
          new Rule("alism", "al"),
          new Rule("iveness", "ive"),
          new Rule("fulness", "ful"),
          new Rule("ousness", "ous"),
          new Rule("aliti", "al"),
          new Rule("iviti", "ive"),
          new Rule("biliti", "ble"),
          new Rule("fulli", "ful"));

  private static final List<Rule> DERIVATIONS =
      List.of(
          new Rule("icate", "ic"),
          new Rule("ative"),
          new Rule("alize", "al"),
          new Rule("iciti", "ic"),
          new Rule("ical", "ic"),
          new Rule("ful"),
          new Rule("ness"));

  private static final List<Rule> ENDINGS =
      List.of(
          new Rule("al"),
          new Rule("ance"),
          new Rule("ence"),
          new Rule("er"),
          new Rule("ic"),
          new Rule("able"),
          new Rule("ible"),
          new Rule("ant"),
          new Rule("ement"),
          new Rule("ment"),
          new Rule("ent"),
          new Rule("ion"),
          new Rule("ou"),
          new Rule("ism"),
          new Rule("ate"),
          new Rule("iti"),
          new Rule("ous"),
          new Rule("ive"),
          new Rule("ize"));

  private record Rule(String suffix, String replacement) {
    Rule(String suffix) {
      this(suffix, "");
    }

    boolean fits(String word) {
      return word.endsWith(suffix);
    }

    String stemOf(String word) {
      return word.substring(0, word.length() - suffix.length());
    }
  }

  private PorterStemmer() {}

  /** Returns the stem of a word in lower case. */
  static String stem(String word) {
    String irregular = IRREGULAR.get(word);
    if (irregular != null) {
      return irregular;
    }
    if (word.length() <= 2) {
      return word;
    }
    String stem = withoutPlural(word);
    stem = withoutPast(stem);
    stem = withoutY(stem);
    stem = withoutDoubleSuffix(stem);
    stem = replaced(stem, DERIVATIONS, 1);
    stem = replaced(stem, ENDINGS, 2);
    stem = withoutFinalE(stem);
    return stem.endsWith("ll") && measure(cut(stem, 1)) > 1 ? cut(stem, 1) : stem;
  }

  /** Step 1a; of four letters, "ies" becomes "ie". */
  private static String withoutPlural(String word) {
    return word.length() == 4 && word.endsWith("ies") ? cut(word, 1) : replaced(word, PLURALS, 0);
  }

  /** Step 1b; "ied" becomes "ie" or "i". */
  private static String withoutPast(String word) {
    if (word.endsWith("ied")) {
      return cut(word, word.length() == 4 ? 1 : 2);
    }
    if (word.endsWith("eed")) {
      return measure(cut(word, 3)) > 0 ? cut(word, 1) : word;
    }
    if (word.endsWith("ed") && hasVowel(cut(word, 2))) {
      return completed(cut(word, 2));
    }
    if (word.endsWith("ing") && hasVowel(cut(word, 3))) {
      return completed(cut(word, 3));
    }
    return word;
  }

  /** Gives back the e that "ed" or "ing" took, or takes one of two equal consonants. */
  private static String completed(String stem) {
    if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) {
      return stem + "e";
    }
    int last = stem.length() - 1;
    if (last > 0 && stem.charAt(last) == stem.charAt(last - 1) && consonants(stem)[last]) {
      return "lsz".indexOf(stem.charAt(last)) < 0 ? cut(stem, 1) : stem;
    }
    return measure(stem) == 1 && endsShort(stem) ? stem + "e" : stem;
  }

  /** Step 1c, after a consonant that does not begin the word, instead of after any vowel. */
  private static String withoutY(String word) {
    int last = word.length() - 1;
    return word.endsWith("y") && last > 1 && consonants(word)[last - 1] ? cut(word, 1) + "i" : word;
  }

  /** Step 2; "alli" is followed by another of its rules, "logi" counts its l to the stem. */
  private static String withoutDoubleSuffix(String word) {
    if (word.endsWith("alli") && measure(cut(word, 4)) > 0) {
      return withoutDoubleSuffix(cut(word, 2));
    }
    if (word.endsWith("logi")) {
      return measure(cut(word, 3)) > 0 ? cut(word, 1) : word;
    }
    return replaced(word, DOUBLE_SUFFIXES, 1);
  }

  /** Step 5a. */
  private static String withoutFinalE(String word) {
    if (!word.endsWith("e")) {
      return word;
    }
    String stem = cut(word, 1);
    int measure = measure(stem);
    return measure > 1 || (measure == 1 && !endsShort(stem)) ? stem : word;
  }

  private static String replaced(String word, List<Rule> rules, int minMeasure) {
    for (Rule rule : rules) {
      if (rule.fits(word)) {
        String stem = rule.stemOf(word);
        boolean applies =
            measure(stem) >= minMeasure
                && (!rule.suffix().equals("ion") || stem.endsWith("s") || stem.endsWith("t"));
        return applies ? stem + rule.replacement() : word;
      }
    }
    return word;
  }

  /**
   * Whether it ends in consonant, vowel, consonant, the last not w, x or y; or is vowel, consonant.
   */
  private static boolean endsShort(String stem) {
    boolean[] consonants = consonants(stem);
    int last = stem.length() - 1;
    if (last == 1) {
      return !consonants[0] && consonants[1];
    }
    return last > 1
        && consonants[last - 2]
        && !consonants[last - 1]
        && consonants[last]
        && "wxy".indexOf(stem.charAt(last)) < 0;
  }

  private static int measure(String stem) {
    boolean[] consonants = consonants(stem);
    int measure = 0;
    for (int i = 1; i < consonants.length; i++) {
      if (consonants[i] && !consonants[i - 1]) {
        measure++;
      }
    }
    return measure;
  }

  private static boolean hasVowel(String stem) {
    for (boolean consonant : consonants(stem)) {
      if (!consonant) {
        return true;
      }
    }
    return false;
  }

  private static boolean[] consonants(String word) {
    boolean[] consonants = new boolean[word.length()];
    for (int i = 0; i < consonants.length; i++) {
      char letter = word.charAt(i);
      consonants[i] = letter == 'y' ? i == 0 || !consonants[i - 1] : "aeiou".indexOf(letter) < 0;
    }
    return consonants;
  }

  private static String cut(String word, int letters) {
    return word.substring(0, word.length() - letters);
  }
}
