/**
 * The objectives that come with the library, from the factory {@link
 * dev.unlearn.objective.Objectives}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.objective;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
