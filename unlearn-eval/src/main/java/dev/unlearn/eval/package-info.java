/**
 * Measures what a language model remembers, in plain Java: a table-driven {@link
 * dev.unlearn.spi.CausalLm} can be measured as well as a real one.
 *
 * <ul>
 *   <li>{@link dev.unlearn.eval.ExtractionLikelihood} ({@code "el_<n>"}): how much of the true
 *       continuation the model produces from each prefix; higher means better known. Its {@code
 *       sampled} ({@code "el_<n>_sampled_<prefixes>"}) estimates it with a confidence interval.
 *   <li>{@link dev.unlearn.eval.MemorizationAccuracy} ({@code "ma"}): the share of tokens the model
 *       predicts from the true tokens before them; higher means better known.
 *   <li>{@link dev.unlearn.eval.TokenLoss} ({@code "loss"}): mean negative log-likelihood per
 *       token, in nats; lower means better known.
 *   <li>{@link dev.unlearn.eval.Perplexity} ({@code "perplexity"}): the exponential of that loss;
 *       lower means better known.
 *   <li>{@link dev.unlearn.eval.ExactMemorization} ({@code "em"}): the same share as memorization
 *       accuracy, as the unlearning benchmarks have it; higher means better known.
 *   <li>{@link dev.unlearn.eval.ExtractionStrength} ({@code "es"}): how little must be given for
 *       the model to recite the rest; higher means better known.
 *   <li>{@link dev.unlearn.eval.Probability} ({@code "probability"}): the geometric mean of the
 *       tokens' probabilities; higher means better known.
 *   <li>{@link dev.unlearn.eval.VerbatimMemorization} ({@code "verbmem_<n>"}): how much of the text
 *       comes back in words when the model continues the prompt; higher means better known.
 * </ul>
 *
 * <p>The last four have an {@code openUnlearningCompat} that reproduces published numbers. {@link
 * dev.unlearn.eval.RecallAtErrors} judges an attacker's guesses.
 *
 * <p>{@link dev.unlearn.eval.ForgettingThresholds} holds the values of the first two on text the
 * model has never seen, and {@link dev.unlearn.eval.UnseenText} cuts such text to the lengths of a
 * forget set.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
