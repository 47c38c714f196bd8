package dev.unlearn.eval.text;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PorterStemmerTest {
  @ParameterizedTest
  @CsvFileSource(resources = "porter.csv", delimiter = ';')
  void stem_asInNltk(String word, String stem) {
    assertThat(PorterStemmer.stem(word)).isEqualTo(stem);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "is", "by"})
  void stem_shortWords(String word) {
    assertThat(PorterStemmer.stem(word)).isEqualTo(word);
  }

  /**
   * A run of y takes turns between consonant and vowel; looking back at each would be quadratic.
   */
  @Test
  void stem_longRun() {
    assertThat(PorterStemmer.stem("y".repeat(100_000))).hasSize(100_000).endsWith("yi");
  }
}
