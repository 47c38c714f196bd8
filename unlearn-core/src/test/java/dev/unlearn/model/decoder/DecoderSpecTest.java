package dev.unlearn.model.decoder;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

final class DecoderSpecTest {
  @Test
  void build_valuesOutOfRange() {
    assertRefused(draft -> draft.vocabularySize = 0, "vocabularySize must be > 0, but was: 0");
    assertRefused(draft -> draft.contextLength = 0, "contextLength must be > 0, but was: 0");
    assertRefused(draft -> draft.headCount = -1, "headCount must be > 0, but was: -1");
    assertRefused(draft -> draft.width = 0, "width must be > 0, but was: 0");
    assertRefused(
        draft -> draft.headCount = 9, "headWidth must be > 0, but was: 0 (width 8, headCount 9)");
    assertRefused(draft -> draft.innerWidth = 0, "innerWidth must be > 0, but was: 0");
    assertRefused(
        draft -> draft.normEpsilon = 0, "norm's epsilon must be finite and > 0, but was: 0.0");
    assertRefused(
        draft -> draft.layers = List.of(), "a decoder must have at least one layer, but had none");
  }

  @Test
  void layer_valuesOutOfRange() {
    assertThatThrownBy(() -> new LayerSpec(-1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("window must be >= 0, but was: -1");
    assertThatThrownBy(() -> new LayerSpec(0, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attentionScale must be finite and > 0, but was: 0.0");
    assertThatThrownBy(() -> new LayerSpec(0, Double.NaN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("attentionScale must be finite and > 0, but was: NaN");
  }

  @Test
  void spec_partsThatDoNotFit() {
    assertRefused(
        draft -> draft.more = builder -> builder.keyValueHeadCount(3),
        "headCount must be a multiple of keyValueHeadCount (3), but was: 2");
    assertRefused(
        draft -> {
          draft.qkvLayout = QkvLayout.FUSED;
          draft.more = builder -> builder.keyValueHeadCount(1);
        },
        "keyValueHeadCount must be headCount (2) where queries, keys and values are fused, but"
            + " was: 1");
    assertRefused(
        draft -> draft.more = builder -> builder.rotary(RotarySpec.of(6, 10_000)),
        "rotary width must be <= headWidth (4), but was: 6");
    assertRefused(
        draft -> draft.more = builder -> builder.attentionCap(-1),
        "caps must be >= 0, but were: -1.0 on scores, 0.0 on logits");
  }

  private static void assertRefused(Consumer<TestDecoders.Draft> change, String message) {
    assertThatThrownBy(() -> TestDecoders.spec(change))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
