package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class GreedyContinuationsTest {
  private static final GreedyContinuations CONTINUATIONS =
      new GreedyContinuations(Map.of(3, new int[] {31337}, 1, new int[] {1, 2, 31337}));

  @Test
  void after_held() {
    assertThat(CONTINUATIONS.after(3)).containsExactly(31337);
    assertThat(CONTINUATIONS.after(1)).containsExactly(1, 2, 31337);
    assertThat(CONTINUATIONS.prefixLengths()).containsExactly(1, 3);
  }

  @Test
  void after_notAskedFor() {
    assertThatThrownBy(() -> CONTINUATIONS.after(2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no continuation of prefix length 2");
  }

  @Test
  void create_mapChangedLater() {
    Map<Integer, int[]> map = new HashMap<>(Map.of(1, new int[] {1}));
    GreedyContinuations continuations = new GreedyContinuations(map);
    map.clear();
    assertThat(continuations.prefixLengths()).containsExactly(1);
    assertThatThrownBy(() -> continuations.prefixLengths().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void scores_ifKnown() {
    TokenScores scores = TokenScores.ofChoices(TokenSequence.of(4, 5), new int[] {6});

    assertThat(CONTINUATIONS.scores()).isEmpty();
    assertThat(new GreedyContinuations(Map.of(), scores).scores()).containsSame(scores);
  }

  @Test
  void toString_withoutIds() {
    assertThat((Object) CONTINUATIONS).asString().doesNotContain("31337");
  }
}
