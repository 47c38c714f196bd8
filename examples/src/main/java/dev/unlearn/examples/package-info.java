/**
 * Runnable examples, each a class with a {@code main}; begin with {@code Quickstart}. The README's
 * table says what each does.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.examples;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
