package dev.unlearn.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.Values;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Tiny decoders with random weights, offsets and norms included. */
public final class TestDecoders {
  private TestDecoders() {}

  /** What a decoder will be, unless changed: two layers, one with a window, and a tied head. */
  public static final class Draft {
    public int vocabularySize = 13;
    public int contextLength = 10;
    public int width = 8;
    public int headCount = 2;
    public int innerWidth = 16;
    public List<LayerSpec> layers = List.of(new LayerSpec(0, 0.5), new LayerSpec(3, 1));
    public float normEpsilon = 1e-5f;
    public LinearLayout linearLayout = LinearLayout.OUT_IN;
    public QkvLayout qkvLayout = QkvLayout.SEPARATE;
    public boolean qkvBias = true;
    public boolean tiedHead = true;
    public UnaryOperator<DecoderSpec.Builder> more = builder -> builder;
  }

  public static DecoderSpec spec(Consumer<Draft> change) {
    Draft draft = new Draft();
    change.accept(draft);
    DecoderSpec.Builder builder =
        DecoderSpec.builder()
            .vocabularySize(draft.vocabularySize)
            .contextLength(draft.contextLength)
            .width(draft.width)
            .headCount(draft.headCount)
            .innerWidth(draft.innerWidth)
            .addAllLayers(draft.layers)
            .activation(Activation.GELU_TANH)
            .norm(NormSpec.layer(draft.normEpsilon))
            .linearLayout(draft.linearLayout)
            .qkvLayout(draft.qkvLayout)
            .qkvBias(draft.qkvBias)
            .attentionOutBias(true)
            .innerBias(true)
            .tiedHead(draft.tiedHead);

    return draft.more.apply(builder).build();
  }

  /** Returns a decoder whose values belong to a manager; the same seed gives the same values. */
  public static Decoder random(NDManager manager, DecoderSpec spec, long seed) {
    Decoder decoder = new Decoder(spec);
    long[] next = {seed};
    decoder.fill(
        manager,
        parameter -> {
          boolean norm = parameter.getName().endsWith("norm.weight");
          NDArray values =
              Values.random(manager, next[0]++, norm ? 0.1 : 0.3, parameter.getShape().getShape());
          return norm ? values.addi(1) : values;
        });
    return decoder;
  }
}
