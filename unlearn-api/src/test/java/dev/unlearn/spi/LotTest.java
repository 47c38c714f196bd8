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
    Lot lot = new Lot(indices, true);
    indices.clear();
    assertThat(lot.indices()).containsExactly(2, 0);
  }

  @Test
  void create_empty() {
    assertThatThrownBy(() -> new Lot(List.of(), true))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a lot must hold at least one index, but was empty");
  }
}
