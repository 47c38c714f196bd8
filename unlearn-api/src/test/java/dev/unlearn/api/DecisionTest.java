package dev.unlearn.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DecisionTest {
  @Test
  void proceed_equalsAnother() {
    assertThat(Decision.proceed()).isEqualTo(Decision.proceed()).hasToString("proceed");
  }

  @Test
  void forgotten_copiesIndices() {
    List<Integer> above = new ArrayList<>(List.of(2));
    Decision decision = Decision.forgotten("low enough", above);
    above.add(3);
    assertThat(decision).isEqualTo(new Decision.Forgotten("low enough", List.of(2)));
    assertThat(decision).hasToString("forgotten: low enough");
    assertThat(Decision.forgotten("low")).isEqualTo(new Decision.Forgotten("low", List.of()));
  }

  @Test
  void giveUp_reason() {
    assertThat(Decision.giveUp("too slow"))
        .isEqualTo(new Decision.GiveUp("too slow"))
        .hasToString("give up: too slow");
  }

  @Test
  void reason_null() {
    assertThatNullPointerException().isThrownBy(() -> Decision.giveUp(null)).withMessage("reason");
    assertThatNullPointerException()
        .isThrownBy(() -> Decision.forgotten(null))
        .withMessage("reason");
  }
}
