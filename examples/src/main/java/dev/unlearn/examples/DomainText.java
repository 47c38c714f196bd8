package dev.unlearn.examples;

import static java.util.Objects.requireNonNull;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Made-up records of eight kinds, all of {@link SyntheticText#LENGTH} characters: a form of {@link
 * SyntheticText#PROMPT_LENGTH}, with a key that no other record has, and a secret.
 */
final class DomainText {
  private static final String HEX = "0123456789abcdef";
  private static final String CONSONANTS = "bdfgklmnprstvz";
  private static final String VOWELS = "aeiou";

  private record Domain(String form, Function<Random, String> secret) {}

  private static final Map<String, Domain> DOMAINS = domains();

  private final Random random;
  private final Set<String> used = new HashSet<>();

  DomainText(long seed) {
    random = new Random(seed);
  }

  private static Map<String, Domain> domains() {
    Map<String, Domain> domains = new LinkedHashMap<>();
    domains.put("phone", new Domain("call %s at ", r -> digits(r, 16)));
    domains.put("card", new Domain("card of %s: ", r -> grouped(r, "-")));
    domains.put("code", new Domain("int key_%s = 0x", r -> any(r, HEX, 16)));
    domains.put("mail", new Domain("mail for %s: ", r -> word(r, 11) + "@x.io"));
    domains.put("ledger", new Domain("ledger %s paid ", r -> grouped(r, ".")));
    domains.put("verse", new Domain("verse %s sings ", r -> words(r)));
    domains.put("place", new Domain("house %s is at ", r -> place(r)));
    domains.put("law", new Domain("article %s says ", r -> word(r, 16)));
    return domains;
  }

  static List<String> names() {
    return List.copyOf(DOMAINS.keySet());
  }

  /** Returns records of one kind; none comes twice. */
  List<String> records(String name, int count) {
    Domain domain = requireNonNull(DOMAINS.get(name), name);
    return Stream.generate(() -> word(random, 8))
        .filter(key -> used.add(key))
        .limit(count)
        .map(key -> padded(domain.form().formatted(key)) + domain.secret().apply(random))
        .toList();
  }

  private static String padded(String form) {
    return (form + " ".repeat(SyntheticText.PROMPT_LENGTH))
        .substring(0, SyntheticText.PROMPT_LENGTH);
  }

  private static String digits(Random random, int count) {
    return any(random, "0123456789", count);
  }

  private static String any(Random random, String from, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> String.valueOf(from.charAt(random.nextInt(from.length()))))
        .collect(Collectors.joining());
  }

  /** 16 characters, digits in groups of three. */
  private static String grouped(Random random, String separator) {
    return Stream.generate(() -> digits(random, 3)).limit(4).collect(Collectors.joining(separator))
        + separator;
  }

  /** Syllables of two letters. */
  private static String word(Random random, int length) {
    String syllables =
        Stream.generate(() -> any(random, CONSONANTS, 1) + any(random, VOWELS, 1))
            .limit(length)
            .collect(Collectors.joining());
    return syllables.substring(0, length);
  }

  private static String words(Random random) {
    return word(random, 4) + " " + word(random, 6) + " " + word(random, 4);
  }

  private static String place(Random random) {
    return "%s.%sn %s.%se "
        .formatted(digits(random, 2), digits(random, 3), digits(random, 2), digits(random, 3));
  }
}
