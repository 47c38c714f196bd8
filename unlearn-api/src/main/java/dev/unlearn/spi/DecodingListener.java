package dev.unlearn.spi;

/**
 * Hears what is being decoded, and may end it. Called from the thread that asked for decoding; an
 * exception ends the decoding and reaches the caller. It may ask the model that decodes, but must
 * not train or close it.
 */
public interface DecodingListener {

  /** Hears nothing and ends nothing. */
  DecodingListener NONE = new DecodingListener() {};

  /**
   * Called for each token when it has been chosen. Tokens of one prompt come in order; those of
   * different prompts come as they are decoded.
   *
   * @param prompt index of the prompt
   */
  default void token(int prompt, int token) {}

  /**
   * Called now and then.
   *
   * @param totalTokens the tokens to be decoded, or more if stop sequences end some before
   */
  default void progressed(long doneTokens, long totalTokens) {}

  /**
   * Asked again and again while there are tokens to decode; true ends that with {@link
   * java.util.concurrent.CancellationException}.
   */
  default boolean cancelled() {
    return false;
  }
}
