package dev.unlearn.model.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BacktrackingRuleTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        // GPT-2
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
        // Llama 3, Qwen
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}"
            + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        // GPT-4o
        "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+"
            + "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
            + "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
        // GPT-4, newer
        "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+"
            + "| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
        // BLOOM
        " ?[^(\\s|[.,!?…。，、।۔،])]+",
        // Thousands
        "\\d{1,3}(?=(?:\\d{3})*\\b)",
        "[\\p{Lo}&&[^\\p{Han}]]+",
        "(?i)a|b",
        "[[:alpha:]]+",
        " {2,}",
        "[\\s\\S]",
        ""
      })
  void of_safeWithLongTexts(String pattern) {
    assertThat(longestText(pattern)).isGreaterThan(500_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+$",
        "(a|a)*b",
        "(a|ab){2,}",
        "(?:a*)*b",
        "a*a*b",
        "a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b",
        "a*(?=[\\s\\S]*b)",
        "(?:(?=.*b)a|c)+",
        "a*(?:(?>.*b))?c",
        "(?:[ab]*b)+c",
        "\\p{N}{1,3}+x",
        "a+a*+(?!)",
        "a+(?=a*)b",
        "a+(?>a*)b"
      })
  void of_tooManySteps(String pattern) {
    assertThat(longestText(pattern)).isLessThan(10_000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(",
        ")",
        "[a",
        "[]a]",
        "*a",
        "a**",
        "a{1",
        "{",
        "a{3,1}",
        "\\",
        "(a)\\1",
        "\\g<0>",
        "\\R",
        "(?<n>a)",
        "(?(1)a)",
        "(?#a)",
        "(*FAIL)",
        "(?x:a)",
        "a(?i)b|c",
        "(?=a)*",
        "(?<=a+)b",
        "(?<!.*+a)b",
        "[[:a]]",
        "\\p{L"
      })
  void of_notUnderstood(String pattern) {
    assertThat(BacktrackingRule.of(pattern)).isEmpty();
  }

  /** Known families, as llama.cpp lists them; a line each. */
  @Test
  void of_knownPatterns() throws IOException {
    try (InputStream stream = getClass().getResourceAsStream("/tokenizer/patterns.txt")) {
      assertThat(new String(stream.readAllBytes(), UTF_8).lines())
          .filteredOn(line -> !line.startsWith("# "))
          .hasSizeGreaterThan(25)
          .allSatisfy(pattern -> assertThat(longestText(pattern)).isGreaterThan(500_000));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a+, 16777216",
    "(a|b)+, 4500000",
    "a*b, 8999999",
    "a*a*b, 2999",
    "(?:[ab]*b)+c, 0",
    "(?:a|b){24}c, 0",
    "(?:a|b){2}c, 16777216"
  })
  void of_longestText(String pattern, int longest) {
    assertThat(longestText(pattern)).isBetween(longest - 9, longest);
  }

  @Test
  void of_lengthAndDepth() {
    assertThat(BacktrackingRule.of("a".repeat(4000))).isPresent();
    assertThat(BacktrackingRule.of("a".repeat(4001))).isEmpty();
    assertThat(BacktrackingRule.of("(".repeat(32) + ")".repeat(32))).isPresent();
    assertThat(BacktrackingRule.of("(".repeat(33) + ")".repeat(33))).isEmpty();
  }

  private static int longestText(String pattern) {
    return BacktrackingRule.of(pattern).orElseThrow().longestText();
  }

  @ParameterizedTest
  @ValueSource(strings = {" {2,}", "a|b", "(?:a?b|[cd]+)", "(?=a)b", "^a"})
  void of_consumes(String pattern) {
    assertThat(BacktrackingRule.of(pattern).orElseThrow().consumes()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a*", "a|", "(?:a|b?)", "(?=a)", "\\b", "^$", "(?:a)?"})
  void of_consumesNothing(String pattern) {
    assertThat(BacktrackingRule.of(pattern).orElseThrow().consumes()).isFalse();
  }
}
