package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class LotTest {
  @Test
  void create_copies() {
    List<Integer> indices = new ArrayList<>(List.of(2, 0));
    Lot lot = Lot.of(indices);
    indices.clear();
    assertThat(lot.indices()).containsExactly(2, 0);
  }

  @Test
  void of_freshAndWhole() {
    Lot lot = Lot.of(List.of(2, 0));
    assertThat(lot).isEqualTo(new Lot(List.of(2, 0), true, false));
    assertThat(lot.keepingOptimizer()).isEqualTo(new Lot(List.of(2, 0), false, false));
    assertThat(lot.withRetiring().keepingOptimizer())
        .isEqualTo(lot.keepingOptimizer().withRetiring())
        .isEqualTo(new Lot(List.of(2, 0), false, true));
  }

  @Test
  void create_empty() {
    assertThatThrownBy(() -> Lot.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a lot must hold at least one index, but was empty");
  }
}
