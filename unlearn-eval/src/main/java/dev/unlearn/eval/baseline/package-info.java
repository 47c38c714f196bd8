/**
 * What the paper compares unlearning with (Jang et al., arXiv 2210.01504): {@link
 * dev.unlearn.eval.baseline.DpDecoding}, under which a model that still knows a text says less of
 * it, and {@link dev.unlearn.eval.baseline.Deduplication} of a training corpus. Neither makes a
 * model forget.
 *
 * <p>Start at {@link dev.unlearn.eval.baseline.DpDecoding} to generate, and to measure a model
 * under such a decoding with any metric; at {@link dev.unlearn.eval.baseline.Deduplication} to
 * prepare a corpus.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.baseline;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
