/**
 * The epoch loop: micro-batches, updates, measuring, snapshots, the report. {@link
 * dev.unlearn.training.ForgetRun} is one run from beginning to end.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.training;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
