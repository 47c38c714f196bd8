/**
 * The values of the library: what goes into a run ({@link dev.unlearn.api.ForgetSet}, {@link
 * dev.unlearn.api.Corpus}) and what comes out ({@link dev.unlearn.api.ForgetReport}).
 *
 * <p>Values are immutable and hold no native memory. Those that bear tokens print sizes only; a
 * report never holds text or token ids.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.api;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
