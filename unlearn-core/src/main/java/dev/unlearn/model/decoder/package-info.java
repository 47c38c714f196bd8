/**
 * The transformer: one {@link dev.unlearn.model.decoder.Decoder}, driven by an immutable {@link
 * dev.unlearn.model.decoder.DecoderSpec}. Weights keep the layout of the checkpoint they came from,
 * so that loading copies nothing and gradients have the shapes that other tools show.
 *
 * <p>The description and its parts are API, for families of your own; the rest may change at any
 * time and is not in the published documentation.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.decoder;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
