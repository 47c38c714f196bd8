/**
 * Safetensors files: {@link dev.unlearn.model.safetensors.SafetensorsFile} says what stands where,
 * {@link dev.unlearn.model.safetensors.SafetensorsWriter} writes them, tensor by tensor. Not API;
 * may change at any time.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.safetensors;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
