/**
 * Runnable examples: {@code Quickstart}, {@code Forget}, {@code Generate}, {@code Verify} and
 * {@code Extending}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.examples;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
