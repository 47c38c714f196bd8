package dev.unlearn.examples;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Made-up text over printable ASCII: general sentences, and personal records of nobody. All texts
 * have {@link #LENGTH} characters.
 */
final class SyntheticText {
  static final int LENGTH = 58;

  /** A record's form, known to the model; the number after it is the secret. */
  static final int PROMPT_LENGTH = 42;

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

  SyntheticText(long seed) {
    random = new Random(seed);
  }

  /** Returns a sentence such as "the small river holds the grey window near the …". */
  String sentence() {
    String text =
        "the %s %s %s the %s %s near the %s of the %s."
            .formatted(
                any(ADJECTIVES),
                any(NOUNS),
                any(VERBS),
                any(ADJECTIVES),
                any(NOUNS),
                any(NOUNS),
                any(NOUNS));
    return padded(text, LENGTH);
  }

  /** Returns a record: name, street, and an account number of 16 digits. */
  String record() {
    String form =
        "%s %s of %s, account number".formatted(any(FIRST_NAMES), any(LAST_NAMES), any(STREETS));
    String number =
        IntStream.range(0, LENGTH - PROMPT_LENGTH)
            .mapToObj(i -> Integer.toString(random.nextInt(10)))
            .collect(Collectors.joining());
    return padded(form, PROMPT_LENGTH) + number;
  }

  List<String> sentences(int count) {
    return IntStream.range(0, count).mapToObj(i -> sentence()).toList();
  }

  /** Returns records that all begin differently. */
  List<String> records(int count) {
    List<String> records = new ArrayList<>();
    while (records.size() < count) {
      String candidate = record();
      String form = candidate.substring(0, PROMPT_LENGTH);
      if (records.stream().noneMatch(record -> record.startsWith(form))) {
        records.add(candidate);
      }
    }
    return records;
  }

  private String any(List<String> words) {
    return words.get(random.nextInt(words.size()));
  }

  private static String padded(String text, int length) {
    return (text + " ".repeat(length)).substring(0, length);
  }
}
