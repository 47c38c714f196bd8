/**
 * Adapters, from the factory {@link dev.unlearn.adapter.Adapters}: a few parameters that are
 * trained instead of a model's weights.
 *
 * <p>{@link dev.unlearn.adapter.Adapters#lora()} builds LoRA, {@link
 * dev.unlearn.adapter.Adapters#load} reads it as Python's PEFT writes it, and {@link
 * dev.unlearn.adapter.Adapters#trainOnly} chooses among the weights themselves.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.adapter;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
