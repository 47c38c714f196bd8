package dev.unlearn.model;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a DJL block takes. Token ids, int64 of shape (B, L), come first; then the {@code inputs}, in
 * the order in which they were asked for; then past key values, if it takes them. Batches are
 * padded on the right.
 *
 * @param contextLength the largest L
 * @param inputs what follows the ids
 * @param past the past key values that come last
 */
public record Signature(int contextLength, List<Input> inputs, Optional<PastKeyValues> past) {

  /** What a block may take beside ids, int64. */
  public enum Input {
    /**
     * 1 for tokens, 0 for padding, shape (B, L). With past key values the shape is (B, 1 + L): the
     * first column, 0, hides the past.
     */
    ATTENTION_MASK,
    /** Positions 0 .. L - 1, shape (B, L). */
    POSITION_IDS
  }

  /**
   * Keys and values of earlier tokens, for each layer an array of keys and one of values, float32
   * of shape (B, heads, past, headWidth). Sequences are computed whole, so a block is given a past
   * of one position, all zeros, and a mask that hides it, as DJL does for the first tokens.
   *
   * @param layers the number of layers
   * @param heads the number of key and value heads in a layer
   * @param headWidth the width of one head
   */
  public record PastKeyValues(int layers, int heads, int headWidth) {
    /** Checks the values. */
    public PastKeyValues {
      checkArgument(layers > 0, "layers must be > 0, but was: %s", layers);
      checkArgument(heads > 0, "heads must be > 0, but was: %s", heads);
      checkArgument(headWidth > 0, "headWidth must be > 0, but was: %s", headWidth);
    }
  }

  /** Checks the values. */
  public Signature {
    checkArgument(contextLength > 1, "contextLength must be > 1, but was: %s", contextLength);
    inputs = List.copyOf(inputs);
    checkArgument(
        inputs.stream().distinct().count() == inputs.size(),
        "inputs must be different, but were: %s",
        inputs);
    checkArgument(
        past.isEmpty() || inputs.contains(Input.ATTENTION_MASK),
        "past key values need an attention mask that hides them, but inputs were: %s",
        inputs);
  }

  /** Returns the signature of a block that takes ids alone. */
  public static Signature ids(int contextLength) {
    return new Signature(contextLength, List.of(), Optional.empty());
  }

  /**
   * Returns the signature of DJL's text generation, as {@code
   * ai.djl.modality.nlp.generate.TextGenerator} calls a model: ids, position ids, attention mask
   * and past key values.
   *
   * @param layers the number of layers
   * @param heads the number of key and value heads in a layer
   * @param headWidth the width of one head
   * @throws IllegalArgumentException if {@code contextLength < 2}, or another value {@code < 1}
   */
  public static Signature textGeneration(int contextLength, int layers, int heads, int headWidth) {
    return new Signature(
        contextLength,
        List.of(Input.POSITION_IDS, Input.ATTENTION_MASK),
        Optional.of(new PastKeyValues(layers, heads, headWidth)));
  }

  /**
   * Returns this signature with an attention mask as the next input.
   *
   * @throws IllegalArgumentException if it has one
   */
  public Signature withAttentionMask() {
    return with(Input.ATTENTION_MASK);
  }

  /**
   * Returns this signature with position ids as the next input.
   *
   * @throws IllegalArgumentException if it has them
   */
  public Signature withPositionIds() {
    return with(Input.POSITION_IDS);
  }

  private Signature with(Input input) {
    return new Signature(
        contextLength, Stream.concat(inputs.stream(), Stream.of(input)).toList(), past);
  }
}
