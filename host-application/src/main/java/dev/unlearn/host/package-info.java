/**
 * A service that answers from a model and makes it forget what it is asked to: an example of a host
 * of the library, described in {@code docs/host-application.md}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.host;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
