package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.ValueStyle;
import java.util.List;
import org.immutables.value.Value;

/** The choices that make a {@link Decoder} a GPT-2, a GPT-Neo, and so on. */
@Value.Immutable
@ValueStyle
public interface DecoderSpec {
  /** Returns the number of token ids. */
  int vocabularySize();

  /** Returns the number of learned positions. */
  int contextLength();

  /** Returns the width of the hidden states. */
  int width();

  /** Returns the number of attention heads; divides the width. */
  int headCount();

  /** Returns the width inside the feed-forward layers. */
  int innerWidth();

  /** Returns the blocks, lowest first. */
  List<LayerSpec> layers();

  /** Returns the nonlinearity of the feed-forward layers. */
  Activation activation();

  /** Returns the epsilon of the layer norms. */
  float normEpsilon();

  /** Returns how the matrices of linear layers are laid out. */
  LinearLayout linearLayout();

  /** Returns whether queries, keys and values come from one matrix, in this order. */
  boolean fusedQkv();

  /** Returns whether queries, keys and values have biases. */
  boolean qkvBias();

  /** Returns whether the head shares the token embedding's matrix. */
  boolean tiedHead();

  /** Checks that the values fit one another. */
  @Value.Check
  default void check() {
    checkArgument(
        vocabularySize() > 0, "vocabularySize must be > 0, but was: %s", vocabularySize());
    checkArgument(contextLength() > 0, "contextLength must be > 0, but was: %s", contextLength());
    checkArgument(headCount() > 0, "headCount must be > 0, but was: %s", headCount());
    checkArgument(
        width() > 0 && width() % headCount() == 0,
        "width must be a positive multiple of headCount (%s), but was: %s",
        headCount(),
        width());
    checkArgument(innerWidth() > 0, "innerWidth must be > 0, but was: %s", innerWidth());
    checkArgument(!layers().isEmpty(), "a decoder must have at least one layer, but had none");
    checkArgument(normEpsilon() > 0, "normEpsilon must be > 0, but was: %s", normEpsilon());
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableDecoderSpec.builder();
  }

  /** Builds a {@link DecoderSpec}; every attribute is required. */
  interface Builder {
    /** Sets {@link DecoderSpec#vocabularySize()}. */
    Builder vocabularySize(int value);

    /** Sets {@link DecoderSpec#contextLength()}. */
    Builder contextLength(int value);

    /** Sets {@link DecoderSpec#width()}. */
    Builder width(int value);

    /** Sets {@link DecoderSpec#headCount()}. */
    Builder headCount(int value);

    /** Sets {@link DecoderSpec#innerWidth()}. */
    Builder innerWidth(int value);

    /** Adds to {@link DecoderSpec#layers()}. */
    Builder addAllLayers(Iterable<? extends LayerSpec> values);

    /** Sets {@link DecoderSpec#activation()}. */
    Builder activation(Activation value);

    /** Sets {@link DecoderSpec#normEpsilon()}. */
    Builder normEpsilon(float value);

    /** Sets {@link DecoderSpec#linearLayout()}. */
    Builder linearLayout(LinearLayout value);

    /** Sets {@link DecoderSpec#fusedQkv()}. */
    Builder fusedQkv(boolean value);

    /** Sets {@link DecoderSpec#qkvBias()}. */
    Builder qkvBias(boolean value);

    /** Sets {@link DecoderSpec#tiedHead()}. */
    Builder tiedHead(boolean value);

    /** Returns the value. */
    DecoderSpec build();
  }
}
