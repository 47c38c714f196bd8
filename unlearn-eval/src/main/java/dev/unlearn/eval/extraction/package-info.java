/**
 * Attacks that only ask an unlearned model, in plain Java: {@link
 * dev.unlearn.eval.extraction.SampledExtraction} samples many continuations of each prompt, {@link
 * dev.unlearn.eval.extraction.PrefixProbes} hands over true tokens, shortens, reformats or replaces
 * what comes before. How much of a text came out is told by an {@link
 * dev.unlearn.eval.extraction.Overlap} of token ids.
 *
 * <p>What comes before is a sequence's prompt; of one without prompt it is the first half.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.extraction;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
