/**
 * The stopping criteria that come with the library, from the factory {@link
 * dev.unlearn.stop.StoppingCriteria}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.stop;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
