package dev.unlearn.training;

import dev.unlearn.api.ModelInfo;

/**
 * A guess from above, for models that do not tell what they are made of: wrapped blocks and
 * TorchScript. The width follows from a transformer's usual shape, {@code parameters = layers · 12
 * width² + vocabulary · width}. Logits of all tokens exist, because such a model gives them.
 *
 * @param info of the model
 * @param vocabularySize its token ids
 * @param scoredTokens read at a time where nothing is trained
 * @param largestBytes of one trained array
 */
record RoughActivations(ModelInfo info, long vocabularySize, long scoredTokens, long largestBytes)
    implements Activations {
  /** Float32 numbers that a layer keeps for the backward pass, per token and unit of width. */
  private static final int KEPT_PER_LAYER = 44;

  /** Numbers per token and unit of width that exist once, whatever the number of layers. */
  private static final int KEPT_ONCE = 24;

  /** For models that do not tell how many layers they have. */
  private static final int ASSUMED_LAYERS = 32;

  /** Pieces of the head, and logits that exist whole: computed, cut, handed out, and gaps. */
  private static final long HEAD_BYTES = 4 * (32L << 20);

  private static final int WHOLE_LOGITS = 7;

  @Override
  public long bytes(long tokens) {
    long layers = info.layerCount() == 0 ? ASSUMED_LAYERS : info.layerCount();
    double width = width(info.parameterCount(), layers);
    double trained = width * (KEPT_PER_LAYER * layers + KEPT_ONCE) * tokens;
    double scored = width * KEPT_ONCE * scoredTokens;
    long logits = Float.BYTES * vocabularySize * tokens;
    return (long) (Float.BYTES * Math.max(trained, scored))
        + Math.min(HEAD_BYTES, 4 * logits)
        + WHOLE_LOGITS * logits
        + 2 * largestBytes; // what a backward pass adds to a gradient, and what a swap copies
  }

  /** Solves {@code 12 layers w² + vocabulary w = parameters}. */
  private double width(long parameters, long layers) {
    double a = 12.0 * layers;
    double v = vocabularySize;
    return (Math.sqrt(v * v + 4 * a * parameters) - v) / (2 * a);
  }
}
