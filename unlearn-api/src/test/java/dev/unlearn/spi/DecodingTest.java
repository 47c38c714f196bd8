package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

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

  @Test
  void greedy_changesNothing() {
    Decoding greedy = Decoding.greedy(5);
    assertThat(greedy.maxLength()).isZero();
    assertThat(greedy.temperature()).isZero();
    assertThat(greedy.topK()).isZero();
    assertThat(greedy.topP()).isOne();
    assertThat(greedy.repetitionPenalty()).isOne();
    assertThat(greedy.stopSequences()).isEmpty();
    assertThat(greedy.seed()).isZero();
    assertThat(greedy.logitsTransform()).isEmpty();
    assertThat(greedy).isEqualTo(Decoding.builder().newTokens(5).build());
    assertThat(Decoding.greedyTo(5)).isEqualTo(Decoding.builder().maxLength(5).build());
  }

  @Test
  void build_everything() {
    LogitsTransform transform = (tokens, logits) -> logits[0] = Float.NEGATIVE_INFINITY;
    Decoding decoding =
        Decoding.builder()
            .newTokens(8)
            .temperature(0.7)
            .topK(50)
            .topP(0.9)
            .repetitionPenalty(1.2)
            .addStopSequence(TokenSequence.of(3))
            .addStopSequence(TokenSequence.of(0, 4))
            .seed(-1)
            .logitsTransform(transform)
            .build();
    assertThat(decoding.newTokens()).isEqualTo(8);
    assertThat(decoding.temperature()).isEqualTo(0.7);
    assertThat(decoding.topK()).isEqualTo(50);
    assertThat(decoding.topP()).isEqualTo(0.9);
    assertThat(decoding.repetitionPenalty()).isEqualTo(1.2);
    assertThat(decoding.stopSequences())
        .containsExactly(TokenSequence.of(3), TokenSequence.of(0, 4));
    assertThat(decoding.seed()).isEqualTo(-1);
    assertThat(decoding.logitsTransform()).containsSame(transform);
  }

  @Test
  void isPlainGreedy_nothingChangesTheChoice() {
    assertThat(Decoding.greedy(5).isPlainGreedy()).isTrue();
    assertThat(with(b -> b.seed(3).addStopSequence(TokenSequence.of(1))).isPlainGreedy()).isTrue();
    assertThat(with(b -> b.temperature(1)).isPlainGreedy()).isFalse();
    assertThat(with(b -> b.repetitionPenalty(0.5)).isPlainGreedy()).isFalse();
    assertThat(with(b -> b.logitsTransform((tokens, logits) -> {})).isPlainGreedy()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "-1, 0", "0, -1", "-1, 2"})
  void build_notExactlyOneLimit(int maxLength, int newTokens) {
    Decoding.Builder builder = Decoding.builder().maxLength(maxLength).newTokens(newTokens);
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "exactly one of maxLength and newTokens must be > 0, but were: "
                + maxLength
                + ", "
                + newTokens);
  }

  @ParameterizedTest
  @MethodSource("bad")
  void build_badValue(UnaryOperator<Decoding.Builder> values, String message) {
    assertThatThrownBy(() -> with(values))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  static Stream<Arguments> bad() {
    return Stream.of(
        bad(b -> b.temperature(-0.5), "temperature must be finite and >= 0, but was: -0.5"),
        bad(b -> b.temperature(Double.NaN), "temperature must be finite and >= 0, but was: NaN"),
        bad(
            b -> b.temperature(Double.POSITIVE_INFINITY),
            "temperature must be finite and >= 0, but was: Infinity"),
        bad(b -> b.temperature(1).topK(-1), "topK must be >= 0, but was: -1"),
        bad(b -> b.temperature(1).topP(0), "topP must be in (0, 1], but was: 0.0"),
        bad(b -> b.temperature(1).topP(1.5), "topP must be in (0, 1], but was: 1.5"),
        bad(b -> b.temperature(1).topP(Double.NaN), "topP must be in (0, 1], but was: NaN"),
        bad(b -> b.topK(5), "topK must be 0 at temperature 0, but was: 5"),
        bad(b -> b.topP(0.9), "topP must be 1 at temperature 0, but was: 0.9"),
        bad(b -> b.repetitionPenalty(0), "repetitionPenalty must be finite and > 0, but was: 0.0"),
        bad(
            b -> b.repetitionPenalty(Double.NaN),
            "repetitionPenalty must be finite and > 0, but was: NaN"),
        bad(
            b -> b.repetitionPenalty(Double.POSITIVE_INFINITY),
            "repetitionPenalty must be finite and > 0, but was: Infinity"));
  }

  private static Arguments bad(UnaryOperator<Decoding.Builder> values, String message) {
    return Arguments.of(values, message);
  }

  private static Decoding with(UnaryOperator<Decoding.Builder> values) {
    return values.apply(Decoding.builder().newTokens(5)).build();
  }

  @Test
  void builder_setTwice() {
    Decoding.Builder builder = Decoding.builder().newTokens(5);
    assertThatThrownBy(() -> builder.newTokens(6)).isInstanceOf(IllegalStateException.class);
  }
}
