package dev.unlearn.eval.extraction;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Other ways to say what comes before: the caller's paraphrases, another format, or unrelated text
 * in front. Those of a format go through the model's tokenizer and need no language model.
 */
public final class Rewording {
  private final String name;
  private final Prefixes prefixes;

  /** The prefixes to ask with instead of a sequence's own, of at most so many tokens. */
  @FunctionalInterface
  private interface Prefixes {
    List<int[]> of(CausalLm model, TokenSequence sequence, int maxLength);
  }

  private Rewording(String name, Prefixes prefixes) {
    this.name = requireNonNull(name, "name");
    this.prefixes = prefixes;
  }

  /**
   * Returns paraphrases that the caller made.
   *
   * @param name for readers
   * @param paraphrases from a sequence, to forget or unseen, to what stands in place of what comes
   *     before; of several the best answer counts, and where there is none the sequence is left
   *     out. Give unseen text as many, or the comparison is unfair
   */
  public static Rewording of(
      String name, Function<TokenSequence, List<TokenSequence>> paraphrases) {
    requireNonNull(paraphrases, "paraphrases");
    return new Rewording(
        name,
        (model, sequence, maxLength) ->
            paraphrases.apply(sequence).stream().map(TokenSequence::ids).toList());
  }

  /** Returns what comes before in lower case. */
  public static Rewording lowerCase() {
    return ofText("lower case", text -> text.toLowerCase(Locale.ROOT));
  }

  /** Returns what comes before with its first letter in upper case. */
  public static Rewording capitalized() {
    return ofText("capitalized", Rewording::capitalize);
  }

  /** Returns what comes before after a quotation mark. */
  public static Rewording quoted() {
    return ofText("quoted", text -> '"' + text);
  }

  /** Returns what comes before at the beginning of a code block of Markdown. */
  public static Rewording codeFenced() {
    return ofText("code block", text -> "```\n" + text);
  }

  /**
   * Returns what comes before after a text that has nothing to do with it, shortened at its
   * beginning where the context is too short for all; of several the best answer counts.
   *
   * <p>A preamble that holds the sequence itself is left out for it: a model that copies would find
   * the answer there. Without this the comparison would be with unseen text that was handed over,
   * where unseen text is the preamble, too.
   *
   * @param preambles for instance some unseen texts; each is asked after every one of them
   * @throws IllegalArgumentException if there is none
   */
  public static Rewording afterPreamble(List<TokenSequence> preambles) {
    List<TokenSequence> copy = List.copyOf(requireNonNull(preambles, "preambles"));
    checkArgument(!copy.isEmpty(), "there must be at least one preamble, but there was none");
    return new Rewording(
        "unrelated text before",
        (model, sequence, maxLength) ->
            copy.stream()
                .filter(preamble -> !holds(preamble, sequence))
                .map(
                    preamble -> {
                      int[] own = sequence.ids(0, Cut.of(sequence));
                      int room = Math.max(0, maxLength - own.length);
                      int from = Math.max(0, preamble.length() - room);
                      return Ints.concat(preamble.ids(from, preamble.length()), own);
                    })
                .toList());
  }

  private static boolean holds(TokenSequence text, TokenSequence part) {
    return Collections.indexOfSubList(Ints.asList(text.ids()), Ints.asList(part.ids())) >= 0;
  }

  /** Returns all formats that come with the library. */
  public static List<Rewording> formats() {
    return List.of(lowerCase(), capitalized(), quoted(), codeFenced());
  }

  /** Text that the tokenizer cannot express has no prefix. */
  private static Rewording ofText(String name, UnaryOperator<String> change) {
    return new Rewording(
        name,
        (model, sequence, maxLength) -> {
          String text = model.tokenizer().decode(sequence.ids(0, Cut.of(sequence)));
          try {
            return List.of(model.tokenizer().encode(change.apply(text)).ids());
          } catch (IllegalArgumentException e) {
            return List.of();
          }
        });
  }

  private static String capitalize(String text) {
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      int letter = text.codePointAt(i);
      if (Character.isLetter(letter)) {
        String upper = Character.toString(Character.toUpperCase(letter));
        return text.substring(0, i) + upper + text.substring(i + Character.charCount(letter));
      }
    }
    return text;
  }

  /** Returns the name for readers. */
  public String name() {
    return name;
  }

  /** Returns the questions about a sequence, those left out for which the context is too short. */
  List<Question> about(CausalLm model, TokenSequence sequence) {
    int start = Cut.of(sequence);
    if (start == sequence.length()) {
      return List.of();
    }
    int maxLength = model.contextLength() - (sequence.length() - start);
    return prefixes.of(model, sequence, maxLength).stream()
        .filter(prefix -> prefix.length <= maxLength)
        .map(prefix -> Question.after(prefix, sequence, start))
        .toList();
  }

  @Override
  public String toString() {
    return name;
  }
}
