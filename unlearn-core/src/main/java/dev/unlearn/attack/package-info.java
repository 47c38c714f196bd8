/**
 * What changes weights or takes gradients to test a result, from the factory {@link
 * dev.unlearn.attack.Attacks}. Whatever is changed is brought back, bit for bit.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.attack;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
