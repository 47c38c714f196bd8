package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.DecoderSpec;

/**
 * How the checkpoints of one {@code model_type} describe a decoder. Families beyond those built in
 * are found by {@link java.util.ServiceLoader}, under this interface's name.
 */
public interface Family {

  /** Returns the {@code model_type} in {@code config.json}. */
  String modelType();

  /**
   * Returns what {@code config.json} describes; defaults are those of the transformers library.
   *
   * @throws dev.unlearn.api.UnlearningException naming the key, the rule and the value
   */
  DecoderSpec spec(HfConfig config);

  /** Returns how the tensors are called. */
  TensorNames names();
}
