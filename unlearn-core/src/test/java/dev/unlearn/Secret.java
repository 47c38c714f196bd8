package dev.unlearn;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What nobody may say: words and ids that occur nowhere else, and a search for them. Words are long
 * enough, and ids looked for in runs, that weights do not hold them by chance.
 */
final class Secret {
  private static final int FIRST_ID = 31330;
  private static final int COUNT = 10;
  private static final String STEM = "zqsecret";
  static final List<String> WORDS =
      IntStream.range(0, COUNT).mapToObj(i -> STEM + (char) ('a' + i)).toList();

  /** In what is said: the beginning of a word is enough. */
  static final Pattern SAID =
      Pattern.compile("zqs|(?<![\\w.])3133\\d{1,2}(?!\\w)", Pattern.CASE_INSENSITIVE);

  /** In bytes, each seen as a character: ids as 32 or 64 bits, little-endian, three in a row. */
  private static final List<Pattern> STORED =
      List.of(
          bytes(UTF_8),
          bytes(UTF_16LE),
          bytes(UTF_16BE),
          Pattern.compile("(?<![\\w.])3133[0-9](?!\\w)"),
          Pattern.compile("([\\x62-\\x6b]\\x7a\\x00\\x00){3}"),
          Pattern.compile("([\\x62-\\x6b]\\x7a\\x00{6}){3}"));

  private Secret() {}

  private static Pattern bytes(Charset charset) {
    return Pattern.compile(
        Pattern.quote(new String(STEM.getBytes(charset), ISO_8859_1)), Pattern.CASE_INSENSITIVE);
  }

  /** Returns a new model whose vocabulary has the words. */
  static TrainableCausalLm model() {
    String vocabulary =
        IntStream.range(0, COUNT)
            .mapToObj(i -> "\"" + WORDS.get(i) + "\": " + (FIRST_ID + i))
            .collect(Collectors.joining(", "));
    String tokenizer =
        """
        {
          "version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
          "normalizer": null, "post_processor": null, "decoder": null,
          "pre_tokenizer": {"type": "WhitespaceSplit"},
          "model": {"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, %s}}
        }
        """
            .formatted(vocabulary);
    return CausalLms.create(TinyModel.gpt2Config(31400), tokenizer, 1);
  }

  static int id(int index) {
    return FIRST_ID + index;
  }

  /** Returns random texts of the words. */
  static List<String> texts(long seed, int count, int words) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(
            text ->
                random.ints(words, 0, COUNT).mapToObj(WORDS::get).collect(Collectors.joining(" ")))
        .toList();
  }

  /** Searches the names and bytes of all that a folder holds, at any depth. */
  static void searchFolder(Path folder) {
    try (Stream<Path> content = Files.walk(folder)) {
      for (Path path : content.toList()) {
        assertThat(folder.relativize(path).toString()).doesNotContainPattern(SAID);
        if (Files.isRegularFile(path)) {
          String characters = new String(Files.readAllBytes(path), ISO_8859_1);
          for (Pattern pattern : STORED) {
            Matcher found = pattern.matcher(characters);
            assertThat(found.find()).as("%s holds %s", path, pattern).isFalse();
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
