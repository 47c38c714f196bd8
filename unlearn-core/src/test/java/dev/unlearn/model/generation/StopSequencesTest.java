package dev.unlearn.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Decoding;
import org.junit.jupiter.api.Test;

final class StopSequencesTest {
  private final StopSequences stops =
      new StopSequences(
          Decoding.builder()
              .newTokens(9)
              .addStopSequence(TokenSequence.of(4, 5, 4))
              .addStopSequence(TokenSequence.of(7))
              .build());

  @Test
  void endedBy_anyOfThem() {
    assertThat(stops.endedBy(new int[] {1, 2, 4, 5, 4}, 1, 5)).isTrue();
    assertThat(stops.endedBy(new int[] {1, 2, 7}, 1, 3)).isTrue();
  }

  @Test
  void endedBy_theWholeContinuation() {
    assertThat(stops.endedBy(new int[] {1, 4, 5, 4}, 1, 4)).isTrue();
  }

  @Test
  void endedBy_partOfOne() {
    assertThat(stops.endedBy(new int[] {1, 2, 5, 4}, 1, 4)).isFalse();
    assertThat(stops.endedBy(new int[] {1, 2, 4, 5}, 1, 4)).isFalse();
  }

  @Test
  void endedBy_notAtTheEnd() {
    assertThat(stops.endedBy(new int[] {1, 7, 4, 5, 4, 2}, 1, 6)).isFalse();
  }

  @Test
  void endedBy_doesNotReachIntoThePrompt() {
    assertThat(stops.endedBy(new int[] {1, 4, 5, 4}, 2, 4)).isFalse();
    assertThat(stops.endedBy(new int[] {1, 7}, 2, 2)).isFalse();
  }

  @Test
  void endedBy_tokensAfterTheEndDoNotCount() {
    int[] tokens = {1, 2, 7, 3, 0, 0, 0};

    assertThat(stops.endedBy(tokens, 1, 3)).isTrue();
    assertThat(stops.endedBy(tokens, 1, 4)).isFalse();
  }

  @Test
  void endedBy_none() {
    assertThat(new StopSequences(Decoding.greedy(3)).endedBy(new int[] {1, 2}, 1, 2)).isFalse();
  }
}
