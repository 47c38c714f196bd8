/**
 * Optimizers, from the factory {@link dev.unlearn.optimizer.Optimizers}. An {@link
 * dev.unlearn.optimizer.Optimizer} is a recipe without state; its state is made per run and freed
 * with it.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.optimizer;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
