/**
 * The guards that come with the library, from the factory {@link dev.unlearn.guard.UtilityGuards}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.guard;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
