package dev.unlearn.examples;

import dev.unlearn.api.TokenSequence;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Made-up text over printable ASCII: general sentences, and personal records of nobody. All texts
 * have {@link #LENGTH} characters.
 */
final class SyntheticText {
  static final int LENGTH = 46;

  /** A record's form, known to the model; the number after it is the secret. */
  static final int PROMPT_LENGTH = 30;

  private static final List<String> ADJECTIVES =
      List.of(
          "small", "quiet", "grey", "warm", "early", "broken", "open", "heavy", "bright", "narrow");
  private static final List<String> NOUNS =
      List.of(
          "river", "garden", "letter", "window", "market", "engine", "lantern", "harbour", "meadow",
          "bridge");
  private static final List<String> VERBS =
      List.of(
          "holds", "follows", "crosses", "mends", "counts", "paints", "carries", "watches", "opens",
          "leaves");
  private static final List<String> FIRST_NAMES =
      List.of(
          "Ada", "Bram", "Cleo", "Doro", "Edwin", "Fay", "Gus", "Hale", "Ines", "Joss", "Kit",
          "Lena", "Milo", "Nell", "Otto", "Pia");
  private static final List<String> LAST_NAMES =
      List.of("Quill", "Marsh", "Tarn", "Vole", "Wick", "Fenn", "Holt", "Pike", "Rook", "Sedge");
  private static final List<String> STREETS =
      List.of("Elm Row", "Mill Lane", "Dock Street", "Low Road", "High Walk");

  private final Random random;
  private final Set<String> used = new HashSet<>();

  SyntheticText(long seed) {
    random = new Random(seed);
  }

  /** Returns sentences such as "the small river holds the grey window."; none comes twice. */
  List<String> sentences(int count) {
    return unused(count, this::sentence);
  }

  /** Returns records: name, street, and a number of 16 digits; none comes twice. */
  List<String> records(int count) {
    return unused(count, this::record);
  }

  /** Returns records as sequences of which only the number is scored: its form is a prompt. */
  static List<TokenSequence> secrets(List<TokenSequence> records) {
    return records.stream().map(record -> record.withPromptLength(PROMPT_LENGTH)).toList();
  }

  private List<String> unused(int count, Supplier<String> source) {
    return Stream.generate(source).filter(used::add).limit(count).toList();
  }

  private String sentence() {
    String text =
        "the %s %s %s the %s %s."
            .formatted(any(ADJECTIVES), any(NOUNS), any(VERBS), any(ADJECTIVES), any(NOUNS));
    return padded(text, LENGTH);
  }

  private String record() {
    String form = "%s %s, %s, no.".formatted(any(FIRST_NAMES), any(LAST_NAMES), any(STREETS));
    String number =
        IntStream.range(0, LENGTH - PROMPT_LENGTH)
            .mapToObj(i -> Integer.toString(random.nextInt(10)))
            .collect(Collectors.joining());
    return padded(form, PROMPT_LENGTH) + number;
  }

  private String any(List<String> words) {
    return words.get(random.nextInt(words.size()));
  }

  private static String padded(String text, int length) {
    return (text + " ".repeat(length)).substring(0, length);
  }
}
