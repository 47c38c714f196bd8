/**
 * HuggingFace folders: {@link dev.unlearn.model.hf.HfCheckpoints} reads and writes them.
 *
 * <p>A model family is one small class, an implementation of {@code Family} listed in {@code
 * Families} under its {@code model_type}: it turns {@code config.json} into a {@link
 * dev.unlearn.model.decoder.DecoderSpec} and names the tensors.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.hf;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
