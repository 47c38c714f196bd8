/**
 * The objectives that come with the library, from the factory {@link
 * dev.unlearn.objective.Objectives}; what they may be joined with on sequences to keep, from {@link
 * dev.unlearn.objective.RetainTerms}; and {@link dev.unlearn.objective.Refusals}, alternatives for
 * those that need some. {@link dev.unlearn.objective.OpenUnlearning} has variants for comparison.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.objective;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
