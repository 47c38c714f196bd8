/**
 * Encrypted differences with which the weights from before a run can be brought back for a stated
 * time. Start at {@link dev.unlearn.rollback.Rollback}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.rollback;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
