/**
 * Single updates of a model, {@link dev.unlearn.training.Updates}, and the epoch loop over them:
 * micro-batches, measuring, snapshots, the report. {@link dev.unlearn.training.ForgetRun} is one
 * run from beginning to end.
 *
 * <p>Only {@link dev.unlearn.training.Updates} and its result are API; the rest may change at any
 * time and is not in the published documentation.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.training;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
