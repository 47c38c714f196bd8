package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RandomContextTest {
  private static final TokenSequence SEQUENCE =
      TokenSequence.of(IntStream.range(100, 110).toArray());
  private static final List<TokenSequence> OTHERS =
      List.of(TokenSequence.of(1, 2, 3, 4), TokenSequence.of(5, 6));

  @Test
  void draw_everyResult() {
    RandomContext context = new RandomContext(3, 4);
    Set<Integer> contexts = new HashSet<>();
    Set<Integer> skips = new HashSet<>();
    for (int epoch = 1; epoch <= 500; epoch++) {
      TokenSequence drawn = draw(context, SEQUENCE, 20, epoch);
      int tail = (int) IntStream.of(drawn.ids()).filter(id -> id >= 100).count();
      int inFront = drawn.length() - tail;
      assertThat(drawn.ids(inFront, drawn.length())).isEqualTo(SEQUENCE.ids(10 - tail, 10));
      assertConsecutive(drawn.ids(0, inFront));
      assertThat(drawn.firstTarget()).isEqualTo(inFront + 1);
      contexts.add(inFront);
      skips.add(10 - tail);
    }
    assertThat(contexts).containsExactlyInAnyOrder(0, 1, 2, 3);
    assertThat(skips).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
  }

  private static void assertConsecutive(int... ids) {
    for (int i = 1; i < ids.length; i++) {
      assertThat(ids[i]).isEqualTo(ids[i - 1] + 1);
    }
  }

  @Test
  void draw_promptStaysContext() {
    TokenSequence prompted = SEQUENCE.withPromptLength(6);
    for (int epoch = 1; epoch <= 100; epoch++) {
      TokenSequence drawn = draw(new RandomContext(3, 9), prompted, 20, epoch);
      int firstTarget = drawn.id(drawn.firstTarget());
      assertThat(firstTarget).isGreaterThanOrEqualTo(106);
      assertThat(drawn.targetCount()).isGreaterThanOrEqualTo(2);
      assertThat(drawn.id(drawn.length() - 1)).isEqualTo(109);
    }
  }

  @Test
  void draw_contextLengthFull() {
    for (int epoch = 1; epoch <= 100; epoch++) {
      TokenSequence drawn = draw(new RandomContext(3, 2), SEQUENCE, 10, epoch);
      assertThat(drawn.length()).isLessThanOrEqualTo(10);
    }
  }

  @Test
  void draw_sameNumbersSameResult() {
    RandomContext context = new RandomContext(3, 4);
    assertThat(draw(context, SEQUENCE, 20, 7)).isEqualTo(draw(context, SEQUENCE, 20, 7));
  }

  /** Streams of neighbors share nothing; those of neighboring gammas would be shifted copies. */
  @Test
  void random_streamsApart() {
    Set<Long> numbers = new HashSet<>();
    for (long seed = 42; seed < 45; seed++) {
      for (int epoch = 1; epoch <= 3; epoch++) {
        for (int index = 0; index < 3; index++) {
          SplittableRandom random = RandomContext.random(seed, epoch, index);
          random.longs(10).forEach(numbers::add);
        }
      }
    }
    assertThat(numbers).hasSize(27 * 10);
  }

  @Test
  void draw_shortSequence() {
    TokenSequence two = TokenSequence.of(100, 101);
    for (int epoch = 1; epoch <= 20; epoch++) {
      TokenSequence drawn = draw(new RandomContext(2, 9), two, 20, epoch);
      assertThat(drawn.targetCount()).isEqualTo(1);
      assertThat(drawn.id(drawn.length() - 1)).isEqualTo(101);
    }
  }

  @Test
  void create_negative() {
    assertThatThrownBy(() -> new RandomContext(-1, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxContext must be >= 0, but was: -1");
    assertThatThrownBy(() -> new RandomContext(0, -2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxSkip must be >= 0, but was: -2");
  }

  private static TokenSequence draw(
      RandomContext context, TokenSequence sequence, int contextLength, int epoch) {
    return context.draw(sequence, OTHERS, contextLength, RandomContext.random(1, epoch, 0));
  }
}
