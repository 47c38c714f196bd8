package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ValueStyle;
import java.util.List;
import java.util.Optional;
import org.immutables.value.Value;

/** The choices that make a {@link Decoder} a GPT-2, a GPT-Neo, and so on. */
@Value.Immutable
@ValueStyle
public interface DecoderSpec {
  /** Returns the number of token ids. */
  int vocabularySize();

  /** Returns the largest number of positions. */
  int contextLength();

  /** Returns the width of the hidden states. */
  int width();

  /** Returns the number of attention heads. */
  int headCount();

  /** Returns the number of heads of keys and values, each shared by as many query heads. */
  @Value.Default
  default int keyValueHeadCount() {
    return headCount();
  }

  /** Returns the width of one head. */
  @Value.Default
  default int headWidth() {
    return width() / Math.max(1, headCount());
  }

  /** Returns the width inside the feed-forward layers. */
  int innerWidth();

  /** Returns the blocks, lowest first. */
  List<LayerSpec> layers();

  /** Returns where the blocks norm and add. */
  @Value.Default
  default BlockForm blockForm() {
    return BlockForm.PRE_NORM;
  }

  /** Returns how the hidden states are normed. */
  NormSpec norm();

  /** Returns whether the last block's output is normed. */
  @Value.Default
  default boolean finalNorm() {
    return true;
  }

  /** Returns the width of the token embedding; where it is not the width, matrices lie between. */
  @Value.Default
  default int embeddingWidth() {
    return width();
  }

  /** Returns the factor on token embeddings. */
  @Value.Default
  default float embeddingScale() {
    return 1;
  }

  /** Returns rotary positions; without them positions are learned. */
  Optional<RotarySpec> rotary();

  /** Returns the row of the first position in the table of learned positions. */
  @Value.Default
  default int positionOffset() {
    return 0;
  }

  /** Returns how the projections to queries, keys and values are stored. */
  @Value.Default
  default QkvLayout qkvLayout() {
    return QkvLayout.SEPARATE;
  }

  /** Returns whether queries, keys and values have biases. */
  @Value.Default
  default boolean qkvBias() {
    return false;
  }

  /** Returns whether each head's queries and keys are normed before they are turned. */
  @Value.Default
  default boolean qkNorm() {
    return false;
  }

  /** Returns whether the projection after attention has a bias. */
  @Value.Default
  default boolean attentionOutBias() {
    return false;
  }

  /** Returns the cap c of {@code c tanh(score / c)} on attention scores; 0 for none. */
  @Value.Default
  default float attentionCap() {
    return 0;
  }

  /** Returns the nonlinearity of the feed-forward layers. */
  Activation activation();

  /** Returns whether the feed-forward layers are gated: {@code down(act(gate(x)) * up(x))}. */
  @Value.Default
  default boolean gated() {
    return false;
  }

  /** Returns whether the feed-forward layers have biases. */
  @Value.Default
  default boolean innerBias() {
    return false;
  }

  /** Returns how the matrices of linear layers are laid out. */
  @Value.Default
  default LinearLayout linearLayout() {
    return LinearLayout.OUT_IN;
  }

  /** Returns whether the head shares the token embedding's matrix. */
  boolean tiedHead();

  /** Returns whether the head has a bias. */
  @Value.Default
  default boolean headBias() {
    return false;
  }

  /** Returns the cap c of {@code c tanh(logit / c)} on logits; 0 for none. */
  @Value.Default
  default float logitCap() {
    return 0;
  }

  /** Returns the bytes that a token takes, about, while it goes through one block. */
  default long bytesPerComputedToken() {
    long attention = 4L * headCount() * headWidth() + 2L * keyValueHeadCount() * headWidth();
    return Float.BYTES * (6L * width() + attention + 3L * innerWidth());
  }

  /** Checks that the values fit one another. */
  @Value.Check
  default void check() {
    positive("vocabularySize", vocabularySize());
    positive("contextLength", contextLength());
    positive("width", width());
    positive("headCount", headCount());
    positive("innerWidth", innerWidth());
    positive("embeddingWidth", embeddingWidth());
    positive("keyValueHeadCount", keyValueHeadCount());
    checkArgument(
        headWidth() > 0,
        "headWidth must be > 0, but was: %s (width %s, headCount %s)",
        headWidth(),
        width(),
        headCount());
    checkArgument(
        headCount() % keyValueHeadCount() == 0,
        "headCount must be a multiple of keyValueHeadCount (%s), but was: %s",
        keyValueHeadCount(),
        headCount());
    checkArgument(
        qkvLayout() == QkvLayout.SEPARATE || keyValueHeadCount() == headCount(),
        "keyValueHeadCount must be headCount (%s) where queries, keys and values are fused, but"
            + " was: %s",
        headCount(),
        keyValueHeadCount());
    checkArgument(
        Math.multiplyFull(headCount(), headWidth()) <= Integer.MAX_VALUE / 3,
        "headCount times headWidth must be at most %s, but were: %s, %s",
        Integer.MAX_VALUE / 3,
        headCount(),
        headWidth());
    checkArgument(
        rotary().isEmpty() || rotary().get().width() <= headWidth(),
        "rotary width must be <= headWidth (%s), but was: %s",
        headWidth(),
        rotary().map(RotarySpec::width).orElse(0));
    checkArgument(
        positionOffset() >= 0 && positionOffset() <= Integer.MAX_VALUE - contextLength(),
        "positionOffset must be >= 0 and small, but was: %s",
        positionOffset());
    checkArgument(
        attentionCap() >= 0 && logitCap() >= 0,
        "caps must be >= 0, but were: %s on scores, %s on logits",
        attentionCap(),
        logitCap());
    checkArgument(!layers().isEmpty(), "a decoder must have at least one layer, but had none");
  }

  private static void positive(String name, int value) {
    checkArgument(value > 0, "%s must be > 0, but was: %s", name, value);
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableDecoderSpec.builder();
  }

  /** Builds a {@link DecoderSpec}. */
  interface Builder {
    /** Sets {@link DecoderSpec#vocabularySize()}. */
    @CanIgnoreReturnValue
    Builder vocabularySize(int value);

    /** Sets {@link DecoderSpec#contextLength()}. */
    @CanIgnoreReturnValue
    Builder contextLength(int value);

    /** Sets {@link DecoderSpec#width()}. */
    @CanIgnoreReturnValue
    Builder width(int value);

    /** Sets {@link DecoderSpec#headCount()}. */
    @CanIgnoreReturnValue
    Builder headCount(int value);

    /** Sets {@link DecoderSpec#keyValueHeadCount()}. */
    @CanIgnoreReturnValue
    Builder keyValueHeadCount(int value);

    /** Sets {@link DecoderSpec#headWidth()}. */
    @CanIgnoreReturnValue
    Builder headWidth(int value);

    /** Sets {@link DecoderSpec#innerWidth()}. */
    @CanIgnoreReturnValue
    Builder innerWidth(int value);

    /** Adds to {@link DecoderSpec#layers()}. */
    @CanIgnoreReturnValue
    Builder addAllLayers(Iterable<? extends LayerSpec> values);

    /** Sets {@link DecoderSpec#blockForm()}. */
    @CanIgnoreReturnValue
    Builder blockForm(BlockForm value);

    /** Sets {@link DecoderSpec#norm()}. */
    @CanIgnoreReturnValue
    Builder norm(NormSpec value);

    /** Sets {@link DecoderSpec#finalNorm()}. */
    @CanIgnoreReturnValue
    Builder finalNorm(boolean value);

    /** Sets {@link DecoderSpec#embeddingWidth()}. */
    @CanIgnoreReturnValue
    Builder embeddingWidth(int value);

    /** Sets {@link DecoderSpec#embeddingScale()}. */
    @CanIgnoreReturnValue
    Builder embeddingScale(float value);

    /** Sets {@link DecoderSpec#rotary()}. */
    @CanIgnoreReturnValue
    Builder rotary(RotarySpec value);

    /** Sets {@link DecoderSpec#positionOffset()}. */
    @CanIgnoreReturnValue
    Builder positionOffset(int value);

    /** Sets {@link DecoderSpec#qkvLayout()}. */
    @CanIgnoreReturnValue
    Builder qkvLayout(QkvLayout value);

    /** Sets {@link DecoderSpec#qkvBias()}. */
    @CanIgnoreReturnValue
    Builder qkvBias(boolean value);

    /** Sets {@link DecoderSpec#qkNorm()}. */
    @CanIgnoreReturnValue
    Builder qkNorm(boolean value);

    /** Sets {@link DecoderSpec#attentionOutBias()}. */
    @CanIgnoreReturnValue
    Builder attentionOutBias(boolean value);

    /** Sets {@link DecoderSpec#attentionCap()}. */
    @CanIgnoreReturnValue
    Builder attentionCap(float value);

    /** Sets {@link DecoderSpec#activation()}. */
    @CanIgnoreReturnValue
    Builder activation(Activation value);

    /** Sets {@link DecoderSpec#gated()}. */
    @CanIgnoreReturnValue
    Builder gated(boolean value);

    /** Sets {@link DecoderSpec#innerBias()}. */
    @CanIgnoreReturnValue
    Builder innerBias(boolean value);

    /** Sets {@link DecoderSpec#linearLayout()}. */
    @CanIgnoreReturnValue
    Builder linearLayout(LinearLayout value);

    /** Sets {@link DecoderSpec#tiedHead()}. */
    @CanIgnoreReturnValue
    Builder tiedHead(boolean value);

    /** Sets {@link DecoderSpec#headBias()}. */
    @CanIgnoreReturnValue
    Builder headBias(boolean value);

    /** Sets {@link DecoderSpec#logitCap()}. */
    @CanIgnoreReturnValue
    Builder logitCap(float value);

    /** Returns the value. */
    DecoderSpec build();
  }
}
