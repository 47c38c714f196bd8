package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.model.Signature.Input;
import dev.unlearn.model.Signature.PastKeyValues;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class SignatureTest {
  @Test
  void with_keepsTheOrder() {
    assertThat(Signature.ids(8).withAttentionMask().withPositionIds().inputs())
        .containsExactly(Input.ATTENTION_MASK, Input.POSITION_IDS);
    assertThat(Signature.ids(8).withPositionIds().withAttentionMask().inputs())
        .containsExactly(Input.POSITION_IDS, Input.ATTENTION_MASK);
  }

  @Test
  void textGeneration_hasPositionsBeforeTheMask() {
    Signature signature = Signature.textGeneration(8, 3, 4, 5);

    assertThat(signature.inputs()).containsExactly(Input.POSITION_IDS, Input.ATTENTION_MASK);
    assertThat(signature.past()).contains(new PastKeyValues(3, 4, 5));
  }

  @Test
  void ids_contextOfOneToken() {
    assertThatThrownBy(() -> Signature.ids(1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("contextLength must be > 1, but was: 1");
  }

  @Test
  void with_anInputTwice() {
    Signature signature = Signature.ids(8).withPositionIds();

    assertThatThrownBy(signature::withPositionIds)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("inputs must be different, but were: [POSITION_IDS, POSITION_IDS]");
  }

  @Test
  void past_thatNothingHides() {
    Optional<PastKeyValues> past = Optional.of(new PastKeyValues(1, 1, 1));

    assertThatThrownBy(() -> new Signature(8, List.of(Input.POSITION_IDS), past))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "past key values need an attention mask that hides them, but inputs were:"
                + " [POSITION_IDS]");
  }

  @Test
  void textGeneration_zeroValues() {
    assertThatThrownBy(() -> Signature.textGeneration(8, 0, 4, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("layers must be > 0, but was: 0");
    assertThatThrownBy(() -> Signature.textGeneration(8, 3, 0, 5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("heads must be > 0, but was: 0");
    assertThatThrownBy(() -> Signature.textGeneration(8, 3, 4, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("headWidth must be > 0, but was: 0");
  }
}
