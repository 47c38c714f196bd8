package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DecodingTest {
  @Test
  void greedy_countsNewTokens() {
    assertThat(Decoding.greedy(5).newTokensAfter(1)).isEqualTo(5);
    assertThat(Decoding.greedy(5).newTokensAfter(9)).isEqualTo(5);
  }

  @Test
  void greedyTo_countsThePromptToo() {
    assertThat(Decoding.greedyTo(5).newTokensAfter(1)).isEqualTo(4);
    assertThat(Decoding.greedyTo(5).newTokensAfter(5)).isZero();
    assertThat(Decoding.greedyTo(5).newTokensAfter(9)).isZero();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "-1, 0", "0, -1", "-1, 2"})
  void create_notExactlyOneLimit(int maxLength, int newTokens) {
    assertThatThrownBy(() -> new Decoding(maxLength, newTokens))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "exactly one of maxLength and newTokens must be > 0, but were: "
                + maxLength
                + ", "
                + newTokens);
  }
}
