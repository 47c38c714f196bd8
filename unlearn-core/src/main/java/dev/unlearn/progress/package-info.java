/** Listeners that show a run to people: {@link dev.unlearn.progress.ConsoleProgressBar}. */
@NullMarked
@CheckReturnValue
package dev.unlearn.progress;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
