package dev.unlearn.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
  void holds(String pattern) {
    assertThat(BacktrackingRule.holds(pattern)).isTrue();
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
  void holds_tooManySteps(String pattern) {
    assertThat(BacktrackingRule.holds(pattern)).isFalse();
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
  void holds_notUnderstood(String pattern) {
    assertThat(BacktrackingRule.holds(pattern)).isFalse();
  }

  @Test
  void holds_lengthAndDepth() {
    assertThat(BacktrackingRule.holds("a".repeat(4000))).isTrue();
    assertThat(BacktrackingRule.holds("a".repeat(4001))).isFalse();
    assertThat(BacktrackingRule.holds("(".repeat(32) + ")".repeat(32))).isTrue();
    assertThat(BacktrackingRule.holds("(".repeat(33) + ")".repeat(33))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {" {2,}", "a|b", "(?:a?b|[cd]+)", "(?=a)b", "^a"})
  void consumes(String pattern) {
    assertThat(BacktrackingRule.consumes(pattern)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a*", "a|", "(?:a|b?)", "(?=a)", "\\b", "^$", "(?:a)?"})
  void consumes_nothing(String pattern) {
    assertThat(BacktrackingRule.consumes(pattern)).isFalse();
  }
}
