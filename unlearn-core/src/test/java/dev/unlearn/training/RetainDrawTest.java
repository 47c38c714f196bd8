package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RetainDrawTest {
  private static final List<TokenSequence> SEQUENCES =
      IntStream.range(0, 5).mapToObj(id -> TokenSequence.of(id, id)).toList();

  @Test
  void of_everyOneOncePerRound() {
    RetainDraw draw = new RetainDraw(SEQUENCES, 2, 1);
    List<TokenSequence> drawn = new ArrayList<>();
    for (int epoch = 1; epoch <= 10; epoch++) {
      assertThat(draw.of(epoch)).hasSize(2);
      drawn.addAll(draw.of(epoch));
    }
    for (int round = 0; round < 4; round++) {
      assertThat(drawn.subList(5 * round, 5 * round + 5))
          .containsExactlyInAnyOrderElementsOf(SEQUENCES);
    }
    assertThat(drawn.subList(0, 5)).isNotEqualTo(drawn.subList(5, 10));
  }

  @Test
  void of_moreThanThereAre() {
    assertThat(new RetainDraw(SEQUENCES, 9, 1).of(3))
        .containsExactlyInAnyOrderElementsOf(SEQUENCES);
  }

  @Test
  void of_seedDecides() {
    assertThat(new RetainDraw(SEQUENCES, 5, 1).of(1))
        .isEqualTo(new RetainDraw(SEQUENCES, 5, 1).of(1))
        .isNotEqualTo(new RetainDraw(SEQUENCES, 5, 2).of(1));
  }
}
