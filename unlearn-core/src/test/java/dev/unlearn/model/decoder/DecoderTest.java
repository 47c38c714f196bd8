package dev.unlearn.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class DecoderTest {
  private static final long[] IDS = {3, 1, 4, 1, 5, 9, 2, 6};

  private final NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
  private final Torch.GradientMode off = Torch.gradientsOff();

  @AfterEach
  void close() {
    off.close();
    manager.close();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void forward_asABlockEqualsHiddenAndLogits(boolean training) {
    Decoder decoder = random(draft -> {});
    NDArray ids = manager.create(IDS, new Shape(2, 4));

    NDArray logits =
        decoder
            .forward(new ParameterStore(manager, false), new NDList(ids), training)
            .singletonOrThrow();

    assertThat(logits.getShape()).isEqualTo(new Shape(2, 4, 13));
    assertThat(decoder.getOutputShapes(new Shape[] {ids.getShape()}))
        .containsExactly(logits.getShape());
    NDArray rows = decoder.hidden(ids).reshape(new Shape(8, 8));
    assertThat(Values.of(logits)).isEqualTo(Values.of(decoder.logits(rows)));
  }

  @Test
  void hidden_givesTheInputAndEveryLayersOutput() {
    Decoder decoder = random(draft -> {});
    NDArray ids = manager.create(IDS, new Shape(2, 4));
    List<NDArray> states = new ArrayList<>();

    TrunkLayers layers = decoder.layers(Products.float32(), ids);
    states.add(layers.first());
    for (int layer = 1; layer <= layers.count(); layer++) {
      states.add(layers.run(layer, states.get(layer - 1)));
    }
    NDArray last = states.get(2);

    assertThat(states).hasSize(3).allMatch(s -> s.getShape().equals(new Shape(2, 4, 8)));
    double[] embedded =
        Values.of(
            array(decoder, "embedding.token.weight")
                .get(ids)
                .add(array(decoder, "embedding.position.weight").get(new NDIndex(":4"))));
    assertThat(Values.distance(Values.of(states.get(0)), embedded)).isLessThan(1e-6);
    assertThat(Values.of(decoder.hidden(ids))).isEqualTo(Values.of(last));
  }

  /**
   * Without positions, one layer with a window of w sees at each position what a layer without
   * window sees at the end of the last w tokens.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void window_equalsTheLastTokensAlone(int window) {
    Decoder windowed = withoutPositions(oneLayer(window));
    Decoder global = withoutPositions(oneLayer(0));
    NDArray actual = windowed.hidden(manager.create(IDS, new Shape(1, IDS.length)));

    for (int position = 0; position < IDS.length; position++) {
      long[] seen = Arrays.copyOfRange(IDS, Math.max(0, position - window + 1), position + 1);
      NDArray alone = global.hidden(manager.create(seen, new Shape(1, seen.length)));
      assertThat(
              Values.distance(
                  Values.of(actual.get(0, position)), Values.of(alone.get(0, seen.length - 1))))
          .as("position %s", position)
          .isLessThan(1e-5);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 1000})
  void window_notBelowTheLengthEqualsNone(int window) {
    NDArray ids = manager.create(IDS, new Shape(1, IDS.length));

    double[] windowed = Values.of(oneLayer(window).hidden(ids));

    assertThat(Values.distance(windowed, Values.of(oneLayer(0).hidden(ids)))).isLessThan(1e-6);
  }

  @Test
  void attentionScale_isApplied() {
    NDArray ids = manager.create(IDS, new Shape(1, IDS.length));
    Decoder half = random(draft -> draft.layers = List.of(new LayerSpec(0, 0.5)));
    Decoder doubled = random(draft -> draft.layers = List.of(new LayerSpec(0, 1)));
    double[] expected = Values.of(half.hidden(ids));
    assertThat(Values.distance(Values.of(doubled.hidden(ids)), expected)).isGreaterThan(1e-3);

    for (String name :
        List.of("layers.0.attention.query.weight", "layers.0.attention.query.bias")) {
      array(doubled, name).muli(0.5);
    }

    assertThat(Values.distance(Values.of(doubled.hidden(ids)), expected)).isLessThan(1e-5);
  }

  @Test
  void padding_changesNothingBeforeIt() {
    Decoder decoder = random(draft -> {});
    NDArray alone = manager.create(new long[] {3, 1, 4, 1, 5}, new Shape(1, 5));
    NDArray padded =
        manager.create(
            new long[] {2, 7, 1, 8, 2, 8, 1, 8, 3, 1, 4, 1, 5, 0, 0, 0}, new Shape(2, 8));

    double[] expected = Values.of(decoder.hidden(alone));
    double[] actual = Values.of(decoder.hidden(padded).get(new NDIndex("1, :5")));

    assertThat(Values.distance(actual, expected)).isLessThan(1e-6);
  }

  @Test
  void hidden_beyondTheContextLength() {
    Decoder decoder = random(draft -> {});
    NDArray ids = manager.create(new long[11], new Shape(1, 11));

    assertThatThrownBy(() -> decoder.hidden(ids))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length must be <= the context length (10), but was: 11");
  }

  @Test
  void layout_inOutEqualsOutInTransposed() {
    Decoder outIn = random(draft -> {});
    Decoder inOut =
        new Decoder(TestDecoders.spec(draft -> draft.linearLayout = LinearLayout.IN_OUT));
    inOut.fill(
        manager,
        parameter -> {
          NDArray source = array(outIn, parameter.getName());
          boolean matrix = parameter.getName().matches("layers.*(query|key|value|out|up|down).*t");
          return matrix ? source.transpose().duplicate() : source.duplicate();
        });
    NDArray ids = manager.create(IDS, new Shape(2, 4));

    assertThat(inOut.weights().get("layers.1.inner.up.weight").getShape())
        .isEqualTo(new Shape(8, 16));
    assertThat(Values.distance(Values.of(inOut.hidden(ids)), Values.of(outIn.hidden(ids))))
        .isLessThan(1e-6);
  }

  @Test
  void fusedQkv_isQueryThenKeyThenValue() {
    Decoder separate = random(draft -> {});
    Decoder fused = new Decoder(TestDecoders.spec(draft -> draft.qkvLayout = QkvLayout.FUSED));
    fused.fill(
        manager,
        parameter -> {
          String name = parameter.getName();
          if (!name.contains("qkv")) {
            return array(separate, name).duplicate();
          }
          NDArray query = array(separate, name.replace("qkv", "query"));
          NDArray key = array(separate, name.replace("qkv", "key"));
          return query.concat(key).concat(array(separate, name.replace("qkv", "value")));
        });
    NDArray ids = manager.create(IDS, new Shape(2, 4));

    assertThat(Values.distance(Values.of(fused.hidden(ids)), Values.of(separate.hidden(ids))))
        .isLessThan(1e-6);
  }

  @Test
  void head_untiedHasItsOwnMatrix() {
    Decoder decoder = random(draft -> draft.tiedHead = false);
    NDArray rows = Values.random(manager, 77, 1, 5, 8);

    assertThat(decoder.weights()).containsKey("head.weight");
    assertThat(
            Values.distance(
                Values.of(decoder.logits(rows)),
                Values.of(rows.matMul(array(decoder, "head.weight").transpose()))))
        .isLessThan(1e-6);
  }

  @Test
  void head_tiedIsTheTokenEmbedding() {
    Decoder decoder = random(draft -> {});
    NDArray rows = Values.random(manager, 77, 1, 5, 8);

    assertThat(decoder.weights()).doesNotContainKey("head.weight");
    assertThat(
            Values.distance(
                Values.of(decoder.logits(rows)),
                Values.of(rows.matMul(array(decoder, "embedding.token.weight").transpose()))))
        .isLessThan(1e-6);
  }

  @ParameterizedTest
  @EnumSource(Activation.class)
  void activation_isWhatItsNameSays(Activation activation) {
    NDArray x = manager.create(new float[] {-2, -0.5f, 0, 1, 3});

    double[] expected =
        switch (activation) {
          // x Φ(x): Φ(-2) = 0.0227501, Φ(-0.5) = 0.3085375, Φ(1) = 0.8413447, Φ(3) = 0.9986501
          case GELU -> new double[] {-0.0455003, -0.1542688, 0, 0.8413447, 2.9959503};
          // x/2 (1 + tanh(0.7978846 (x + 0.044715 x³)))
          case GELU_TANH -> new double[] {-0.0454023, -0.1542860, 0, 0.8411920, 2.9963627};
          case RELU -> new double[] {0, 0, 0, 1, 3};
          // x / (1 + e^-x)
          case SILU -> new double[] {-0.2384058, -0.1887703, 0, 0.7310586, 2.8577224};
        };

    assertThat(Values.distance(Values.of(activation.apply(x)), expected)).isLessThan(1e-6);
  }

  @Test
  void weights_inOrderLowestLayerFirst() {
    Decoder decoder =
        new Decoder(
            TestDecoders.spec(
                draft -> {
                  draft.layers = List.of(new LayerSpec(0, 1));
                  draft.qkvBias = false;
                  draft.tiedHead = false;
                }));

    assertThat(decoder.weights().keySet())
        .containsExactly(
            "embedding.token.weight",
            "embedding.position.weight",
            "layers.0.attention.norm.weight",
            "layers.0.attention.norm.bias",
            "layers.0.attention.query.weight",
            "layers.0.attention.key.weight",
            "layers.0.attention.value.weight",
            "layers.0.attention.out.weight",
            "layers.0.attention.out.bias",
            "layers.0.inner.norm.weight",
            "layers.0.inner.norm.bias",
            "layers.0.inner.up.weight",
            "layers.0.inner.up.bias",
            "layers.0.inner.down.weight",
            "layers.0.inner.down.bias",
            "norm.weight",
            "norm.bias",
            "head.weight");
  }

  private Decoder random(Consumer<TestDecoders.Draft> change) {
    return TestDecoders.random(manager, TestDecoders.spec(change), 42);
  }

  private Decoder oneLayer(int window) {
    return random(draft -> draft.layers = List.of(new LayerSpec(window, 0.5)));
  }

  private static Decoder withoutPositions(Decoder decoder) {
    array(decoder, "embedding.position.weight").muli(0);
    return decoder;
  }

  private static NDArray array(Decoder decoder, String name) {
    return decoder.weights().get(name).getArray();
  }
}
