package dev.unlearn.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Loads and uses hostile tokenizers: each works, or is refused in words. A case that ends the
 * process is the one whose number stands in the file.
 */
@Tag("engine")
@Tag("fuzz")
final class HfTokenizerFuzzTest {
  private static final int CASES = Integer.getInteger("unlearn.fuzz", 2_000);
  private static final Path CASE = Path.of("target", "tokenizer-fuzz-case.txt");
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static final List<String> TEXTS =
      List.of(
          "ab ba",
          " <s>a  b\u0301é😀ﷺ\u0000\r\n??? ##b <0x61>",
          "a".repeat(400),
          " ".repeat(400),
          "aab b ".repeat(100));

  @Test
  void of_hostileFiles() throws IOException {
    int loaded = 0;
    for (int seed = 0; seed < CASES; seed++) {
      Files.writeString(CASE, Integer.toString(seed));
      Map<String, byte[]> files = new HostileTokenizers(seed).files();
      long start = System.nanoTime();
      try {
        loaded += use(files) ? 1 : 0;
      } catch (Throwable e) {
        throw new AssertionError("case " + seed, e);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - start)).as("case %d", seed).isLessThan(LIMIT);
    }
    assertThat(loaded).isBetween(CASES / 10, CASES * 9 / 10);
  }

  /** Returns whether the files make a tokenizer. */
  private static boolean use(Map<String, byte[]> files) {
    try (HfTokenizer tokenizer = HfTokenizer.of(files)) {
      for (String text : TEXTS) {
        try {
          String unused = tokenizer.decode(tokenizer.encode(text).ids());
        } catch (IllegalArgumentException e) {
          assertThat(e).hasMessageMatching("(?s)(text must|the tokenizer (has no|cannot)).*");
        }
      }
      String unused = tokenizer.decode(0, 1, 2, -1, 7, 40, Integer.MAX_VALUE, 41);
      unused = tokenizer.decode();
      return true;
    } catch (UnlearningException e) {
      assertThat(e)
          .hasMessageMatching("(?s)(tokenizer|vocab|special_tokens_map|added_tokens|merges).*");
      return false;
    }
  }
}
