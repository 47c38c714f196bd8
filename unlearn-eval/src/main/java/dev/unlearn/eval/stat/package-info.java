/**
 * Means with intervals that hold at small numbers, from a {@link dev.unlearn.eval.stat.Sample},
 * differences, and what else tells a finding from chance.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.stat;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
