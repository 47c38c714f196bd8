package dev.unlearn.model.generation;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * A head whose highest logit is the highest of {@code hidden · weight[id] + bias[id]}.
 *
 * @param weight shape (vocabulary, width)
 * @param bias shape (vocabulary), or null for none
 */
public record OutputMatrix(NDArray weight, @Nullable NDArray bias) {}
