/**
 * How models are loaded, {@link dev.unlearn.model.LoadOptions}, and saved, {@link
 * dev.unlearn.model.SaveOptions}; and what makes a DJL network a {@link
 * dev.unlearn.spi.train.TrainableCausalLm}: scoring, generation and the two-part backward pass, in
 * {@link dev.unlearn.model.DjlCausalLm}, over anything that is an {@link
 * dev.unlearn.model.Network}.
 *
 * <p>Options, their enums and {@link dev.unlearn.model.Signature} are API; the rest may change at
 * any time and is not in the published documentation.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
