/**
 * What makes a DJL network a {@link dev.unlearn.spi.train.TrainableCausalLm}: scoring, generation
 * and the two-part backward pass, in {@link dev.unlearn.model.DjlCausalLm}, over anything that is
 * an {@link dev.unlearn.model.Network}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
