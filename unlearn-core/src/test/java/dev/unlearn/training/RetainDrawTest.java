package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class RetainDrawTest {
  private static final List<TokenSequence> SEQUENCES =
      IntStream.range(0, 5).mapToObj(id -> TokenSequence.of(id, id)).toList();

  @Test
  void draw_everyOneOncePerRound() {
    List<TokenSequence> drawn = draws(1, 4 * 5);
    for (int round = 0; round < 4; round++) {
      assertThat(drawn.subList(5 * round, 5 * round + 5))
          .containsExactlyInAnyOrderElementsOf(SEQUENCES);
    }
    assertThat(drawn.subList(0, 5)).isNotEqualTo(drawn.subList(5, 10));
  }

  @Test
  void draw_inPartsAsAtOnce() {
    RetainDraw draw = new RetainDraw(SEQUENCES, 1);
    List<TokenSequence> parts = new ArrayList<>(draw.draw(0, 3));
    parts.addAll(draw.draw(3, 1));
    parts.addAll(draw.draw(4, 9));
    assertThat(parts).isEqualTo(draws(1, 13));
  }

  /** Neighboring seeds of {@link java.util.Random} leave the same element last in every round. */
  @Test
  void draw_roundsHaveNothingInCommon() {
    for (int count : new int[] {8, 16, 64}) {
      List<TokenSequence> many =
          IntStream.range(0, count).mapToObj(id -> TokenSequence.of(id, id)).toList();
      List<TokenSequence> drawn = new RetainDraw(many, 1).draw(0, 40 * count);
      Set<TokenSequence> firsts = new HashSet<>();
      Set<TokenSequence> lasts = new HashSet<>();
      for (int round = 0; round < 40; round++) {
        firsts.add(drawn.get(round * count));
        lasts.add(drawn.get(round * count + count - 1));
      }
      assertThat(firsts).hasSizeGreaterThan(5);
      assertThat(lasts).hasSizeGreaterThan(5);
    }
  }

  @Test
  void draw_seedDecides() {
    assertThat(draws(1, 5)).isEqualTo(draws(1, 5)).isNotEqualTo(draws(2, 5));
  }

  private static List<TokenSequence> draws(long seed, int count) {
    return new RetainDraw(SEQUENCES, seed).draw(0, count);
  }
}
