/**
 * Reads sequences to forget from the files of the paper and of the benchmark they come from, with
 * {@link dev.unlearn.eval.targets.TargetFiles}. Needs the optional dependency {@code
 * org.apache.commons:commons-csv}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.targets;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
