/**
 * The strategies that come with the library, from the factory {@link
 * dev.unlearn.strategy.Strategies}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.strategy;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
