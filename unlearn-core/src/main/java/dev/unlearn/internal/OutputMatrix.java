package dev.unlearn.internal;

import ai.djl.ndarray.NDArray;
import org.jspecify.annotations.Nullable;

/**
 * A head whose logits are {@code z = hidden · weight[id] + bias[id]}, or {@code cap tanh(z / cap)}.
 *
 * @param weight shape (vocabulary, width)
 * @param bias shape (vocabulary), or null for none
 * @param cap 0 for none. It changes no order, though rounding may make a tie of neighbors.
 */
public record OutputMatrix(NDArray weight, @Nullable NDArray bias, double cap) {}
