/**
 * Encrypted differences with which {@link dev.unlearn.rollback.Rollback} can bring the weights from
 * before a run back for a stated time.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.rollback;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
