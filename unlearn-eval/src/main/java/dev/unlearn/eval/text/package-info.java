/**
 * Compares what a model wrote with what it should have, word by word: {@link
 * dev.unlearn.eval.text.Rouge}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.text;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
