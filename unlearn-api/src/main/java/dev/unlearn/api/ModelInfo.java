package dev.unlearn.api;

/**
 * Which model was worked on.
 *
 * @param family the model family, for instance {@code "gpt_neo"}
 * @param parameterCount the number of scalar parameters, tied ones once
 * @param layerCount the number of transformer blocks; 0 where unknown
 * @param dataType the type weights are kept in, for instance {@code "float32"}
 * @param device where the weights are, for instance {@code "cpu()"}
 */
public record ModelInfo(
    String family, long parameterCount, int layerCount, String dataType, String device) {}
