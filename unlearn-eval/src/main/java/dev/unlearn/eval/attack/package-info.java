/**
 * Attacks on an unlearned model, and the gate they make, {@link
 * dev.unlearn.eval.attack.AttackSuite}: whether what was forgotten comes back, and how much more of
 * it than of text that the model never saw.
 *
 * <p>{@code dev.unlearn.eval.extraction} has attacks that leave the weights alone, {@code
 * dev.unlearn.attack} of unlearn-core those that change them for a while. One of your own is a
 * name, strengths and a function from a model and texts to values:
 *
 * <pre>{@code
 * Attack firstTokens =
 *     Attack.of(
 *         "first_tokens",
 *         "First tokens",
 *         "The first token is asked for.",
 *         "ma",
 *         List.of(new Strength("as it is", 0)),
 *         (model, texts) ->
 *             List.of(MemorizationAccuracy.of().measure(model, texts.sequences()).perSequence()));
 * }</pre>
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.attack;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
