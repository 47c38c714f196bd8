/**
 * HuggingFace folders: a {@link dev.unlearn.model.hf.Family} for each type of model, and {@link
 * dev.unlearn.model.hf.HfCheckpoints}, which reads and writes them.
 *
 * <p>A model family is one small class, an implementation of {@code Family} listed in {@code
 * Families} under its {@code model_type}: it turns {@code config.json} into a {@link
 * dev.unlearn.model.decoder.DecoderSpec} and names the tensors. {@code Family} and what its methods
 * use are API, for families of your own; the rest may change at any time and is not in the
 * published documentation.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.hf;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
