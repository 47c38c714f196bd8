package dev.unlearn.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.OutputMatrix;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.generation.Packing;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Additions of low rank to the linear layers of a decoder. */
@Tag("engine")
final class AdaptedDecoderTest {
  private NDManager manager;
  private Torch.GradientMode off;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
    off = Torch.gradientsOff();
  }

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  /** A fast choice of ids knows the head's matrix only; without it, logits are asked for. */
  @Test
  void outputMatrix_ofAnAdaptedHead() {
    Decoder decoder = decoder(LinearLayout.OUT_IN, false);
    Linear head = decoder.linears().get("head");
    assertThat(decoder.outputMatrix().map(OutputMatrix::weight)).contains(head.weight());

    head.adapt(addition(head));
    assertThat(decoder.outputMatrix()).isEmpty();

    head.plain();
    assertThat(decoder.outputMatrix()).isPresent();
  }

  @Test
  void linears_ofATiedHead() {
    assertThat(decoder(LinearLayout.OUT_IN, true).linears()).hasSize(12).doesNotContainKey("head");
    assertThat(decoder(LinearLayout.OUT_IN, false).linears()).hasSize(13).containsKey("head");
  }

  /** Packed or not, an addition does what the product added to the matrix does. */
  @ParameterizedTest
  @EnumSource(LinearLayout.class)
  void adapt_equalsMerged(LinearLayout layout) {
    Decoder adapted = decoder(layout, false);
    Decoder merged = decoder(layout, false);
    double[] plain = logits(adapted);
    Map<String, Linear> others = merged.linears();
    adapted
        .linears()
        .forEach(
            (name, linear) -> {
              LowRank addition = addition(linear);
              linear.adapt(addition);
              others.get(name).merge(addition);
            });
    double[] expected = logits(merged);
    assertThat(Values.distance(expected, plain)).isGreaterThan(0.1);

    assertThat(Values.distance(logits(adapted), expected)).isLessThan(1e-5);
    try (Packing packing = adapted.pack(manager)) {
      assertThat(packing.bytes()).isPositive();
      assertThat(Values.distance(logits(adapted), expected)).isLessThan(1e-5);
    }

    adapted.linears().values().forEach(Linear::plain);
    assertThat(logits(adapted)).isEqualTo(plain);
  }

  /** W + 2 B A by hand: B A = ((3, 6), (4, 8)). */
  @Test
  void merge_byHand() {
    Decoder decoder =
        TestDecoders.random(
            manager,
            TestDecoders.spec(
                draft -> {
                  draft.width = 2;
                  draft.headCount = 1;
                }),
            1);
    Linear query = decoder.linears().get("layers.0.attention.query");
    double[] before = Values.of(query.weight());
    NDArray a = manager.create(new float[] {1, 2}, new Shape(1, 2));
    NDArray b = manager.create(new float[] {3, 4}, new Shape(2, 1));

    query.merge(new LowRank(a, b, 2));

    double[] sum = {before[0] + 6, before[1] + 12, before[2] + 8, before[3] + 16};
    assertThat(Values.distance(Values.of(query.weight()), sum)).isLessThan(1e-5);
  }

  @Test
  void adapt_twice() {
    Linear head = decoder(LinearLayout.OUT_IN, false).linears().get("head");
    head.adapt(addition(head));
    assertThatThrownBy(() -> head.adapt(addition(head)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a linear layer can have one addition at a time");
  }

  @Test
  void lowRank_otherRanks() {
    assertThatThrownBy(
            () -> new LowRank(manager.ones(new Shape(2, 3)), manager.ones(new Shape(3, 3)), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A and B must have one rank, but have shapes (2, 3) and (3, 3)");
  }

  private Decoder decoder(LinearLayout layout, boolean tiedHead) {
    return TestDecoders.random(
        manager,
        TestDecoders.spec(
            draft -> {
              draft.linearLayout = layout;
              draft.tiedHead = tiedHead;
            }),
        42);
  }

  private LowRank addition(Linear linear) {
    return new LowRank(
        Values.random(manager, 7, 0.1, 2, linear.inputs()),
        Values.random(manager, 8, 0.1, linear.outputs(), 2),
        1.5);
  }

  private double[] logits(Decoder decoder) {
    NDArray ids = manager.create(new long[] {3, 1, 4, 1, 5, 9, 2, 6}, new Shape(2, 4));
    return Values.of(decoder.logits(decoder.hidden(ids).reshape(new Shape(8, 8))));
  }
}
