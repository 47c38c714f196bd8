package dev.unlearn.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.Device;
import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.internal.PackedLinears;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import dev.unlearn.model.generation.Branches;
import dev.unlearn.model.generation.Packing;
import dev.unlearn.model.generation.Prefixes;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A decoder computes the same with its matrices packed. */
@Tag("engine")
final class PackedDecoderTest {
  private static final long[] IDS = {3, 1, 4, 1, 5, 9, 2, 6};

  private final NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @BeforeEach
  void needsPacking() {
    assumeTrue(PackedLinears.areAvailable());
  }

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  static Stream<Consumer<TestDecoders.Draft>> drafts() {
    return Stream.of(
        draft -> {},
        draft -> draft.linearLayout = LinearLayout.IN_OUT,
        draft -> {
          draft.linearLayout = LinearLayout.IN_OUT;
          draft.qkvLayout = QkvLayout.FUSED;
          draft.tiedHead = false;
        },
        draft -> {
          draft.qkvBias = false;
          draft.tiedHead = false;
          draft.more = builder -> builder.headBias(true).logitCap(3);
        },
        draft -> draft.more = builder -> builder.embeddingWidth(6),
        draft -> {
          draft.linearLayout = LinearLayout.IN_OUT;
          draft.more = builder -> builder.embeddingWidth(6);
        });
  }

  @ParameterizedTest
  @MethodSource("drafts")
  void pack_changesNoResult(Consumer<TestDecoders.Draft> draft) {
    Decoder decoder = random(draft);
    double[] hidden = hidden(decoder);
    double[] logits = logits(decoder);
    double[] branched = branched(decoder);

    try (Packing packing = decoder.pack(manager)) {
      assertThat(packing.bytes()).isEqualTo(decoder.packedBytes());
      assertThat(Values.distance(hidden(decoder), hidden)).isLessThan(1e-5);
      assertThat(Values.distance(logits(decoder), logits)).isLessThan(1e-5);
      assertThat(Values.distance(branched(decoder), branched)).isLessThan(1e-5);
    }
    assertThat(hidden(decoder)).isEqualTo(hidden);
    assertThat(logits(decoder)).isEqualTo(logits);
  }

  @ParameterizedTest
  @EnumSource(LinearLayout.class)
  void pack_usesTheMatricesAsTheyWereUntilClosed(LinearLayout layout) {
    Decoder decoder = random(draft -> draft.linearLayout = layout);
    Decoder changed = random(draft -> draft.linearLayout = layout);
    List<String> names =
        decoder.weights().keySet().stream()
            .filter(name -> name.matches("layers.*(query|key|value|out|up|down)\\.weight"))
            .toList();
    assertThat(names).hasSize(12);
    names.forEach(name -> array(changed, name).muli(1.5));
    double[] before = hidden(decoder);
    double[] after = hidden(changed);
    assertThat(Values.distance(before, after)).isGreaterThan(0.01);

    try (Packing packing = decoder.pack(manager)) {
      assertThat(packing.bytes()).isPositive();
      names.forEach(name -> array(decoder, name).muli(1.5));
      assertThat(Values.distance(hidden(decoder), before)).isLessThan(1e-5);
    }
    assertThat(hidden(decoder)).isEqualTo(after);

    try (Packing again = decoder.pack(manager)) {
      assertThat(again.bytes()).isPositive();
      assertThat(Values.distance(hidden(decoder), after)).isLessThan(1e-5);
    }
  }

  @Test
  void pack_theHeadChangesOnceClosed() {
    Decoder decoder = random(draft -> draft.tiedHead = false);
    double[] before = logits(decoder);

    try (Packing packing = decoder.pack(manager)) {
      assertThat(packing.bytes()).isPositive();
      assertThat(Values.distance(logits(decoder), before)).isLessThan(1e-5);
      array(decoder, "head.weight").muli(-2);
      assertThat(Values.distance(logits(decoder), before)).isLessThan(1e-5);
    }

    double[] after = logits(decoder);
    for (int i = 0; i < before.length; i++) {
      assertThat(Math.abs(after[i] + 2 * before[i])).isLessThan(1e-5);
    }
  }

  /** 2 layers of four 8 x 8 and two 8 x 16 matrices, a head of 13 x 8, 4 bytes each. */
  @Test
  void packedBytes_ofTheMatricesAndTheHead() {
    Decoder decoder = random(draft -> {});

    assertThat(decoder.packedBytes()).isEqualTo(4 * (2 * (4 * 64 + 2 * 128) + 104));
  }

  @Test
  void pack_twice() {
    Decoder decoder = random(draft -> {});
    double[] before = hidden(decoder);

    try (Packing packing = decoder.pack(manager)) {
      assertThat(packing.bytes()).isPositive();
      assertThatThrownBy(() -> decoder.pack(manager))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("a decoder can be packed once at a time");
      assertThat(Values.distance(hidden(decoder), before)).isLessThan(1e-5);
    }
    decoder.pack(manager).close();
  }

  @ParameterizedTest
  @EnumSource(LinearLayout.class)
  void close_freesAll(LinearLayout layout) {
    Decoder decoder = random(draft -> draft.linearLayout = layout);
    int before = arrays();

    for (int round = 0; round < 3; round++) {
      try (Packing packing = decoder.pack(manager)) {
        assertThat(packing.bytes()).isPositive();
        assertThat(logits(decoder)).hasSize(7 * 13);
        assertThat(arrays()).isEqualTo(before + 13); // a copy of each matrix and of the head
      }
      assertThat(arrays()).isEqualTo(before);
    }
  }

  private Decoder random(Consumer<TestDecoders.Draft> change) {
    return TestDecoders.random(manager, TestDecoders.spec(change), 42);
  }

  private double[] hidden(Decoder decoder) {
    try (NDManager scope = manager.newSubManager()) {
      return Values.of(decoder.hidden(scope.create(IDS, new Shape(2, 4))));
    }
  }

  private double[] logits(Decoder decoder) {
    int width = decoder.spec().embeddingWidth();
    try (NDManager scope = manager.newSubManager()) {
      return Values.of(decoder.logits(Values.random(scope, 5, 1, 7, width)));
    }
  }

  private double[] branched(Decoder decoder) {
    try (NDManager scope = manager.newSubManager();
        Prefixes prefixes =
            decoder.prefixes(scope, List.of(new int[] {1, 2, 3}, new int[] {4}), 1 << 20, 100);
        Branches rows = prefixes.branch(new int[] {0, 1, 0}, new int[] {3, 1, 2}, 2)) {
      rows.step(scope, new int[] {5, 6, 7});
      return Values.of(rows.step(scope, new int[] {8, 9, 10}));
    }
  }

  private int arrays() {
    return ((BaseNDManager) manager).getManagedArrays().size();
  }

  private static NDArray array(Decoder decoder, String name) {
    return decoder.weights().get(name).getArray();
  }
}
