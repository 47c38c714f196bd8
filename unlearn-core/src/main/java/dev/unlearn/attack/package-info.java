/** What changes weights or takes gradients to test a result; hands over values. */
@NullMarked
@CheckReturnValue
package dev.unlearn.attack;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
