package dev.unlearn.spi;

/**
 * Changes the scores of the next token before one is chosen, for instance to forbid tokens or to
 * mix in noise. Called once per token and prompt, from the thread that decodes. It must not train
 * or close the model that decodes.
 */
@FunctionalInterface
public interface LogitsTransform {

  /**
   * Changes scores in place.
   *
   * @param tokens prompt and continuation so far; not to be changed
   * @param logits one score per id of the vocabulary; {@link Float#NEGATIVE_INFINITY} forbids a
   *     token, but not all may be forbidden; positive infinity and NaN are refused
   */
  void apply(int[] tokens, float[] logits);
}
