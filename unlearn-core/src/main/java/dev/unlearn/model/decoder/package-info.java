/**
 * The transformer: one {@link dev.unlearn.model.decoder.Decoder}, driven by an immutable {@link
 * dev.unlearn.model.decoder.DecoderSpec}. Weights keep the layout of the checkpoint they came from,
 * so that loading copies nothing and gradients have the shapes that other tools show.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.decoder;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
