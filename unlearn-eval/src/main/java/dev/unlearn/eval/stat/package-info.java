/**
 * Means with intervals that hold at small numbers, differences, and what else tells a finding from
 * chance. Start at {@link dev.unlearn.eval.stat.Sample}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.stat;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
