/**
 * The parts a user can replace, in plain Java.
 *
 * <ul>
 *   <li>{@link dev.unlearn.spi.StoppingCriterion} decides after each epoch; a lambda is enough:
 *       <pre>{@code
 * StoppingCriterion halfway =
 *     progress -> progress.measure(myMetric).value() < 0.5
 *         ? Decision.forgotten("my metric fell below 0.5")
 *         : Decision.proceed();
 * }</pre>
 *   <li>{@link dev.unlearn.spi.Metric} measures a model on sequences.
 *   <li>{@link dev.unlearn.spi.Strategy} says which sequences, a {@link dev.unlearn.spi.Lot}, the
 *       next epochs work on.
 *   <li>{@link dev.unlearn.spi.UtilityGuard} ends a run that harms the model.
 *   <li>{@link dev.unlearn.spi.UnlearningListener} watches a run.
 *   <li>{@link dev.unlearn.spi.DecodingListener} hears what is generated, and {@link
 *       dev.unlearn.spi.LogitsTransform} changes how tokens are chosen.
 *   <li>{@link dev.unlearn.spi.CausalLm} and {@link dev.unlearn.spi.Tokenizer} are what metrics see
 *       of a model; a table-driven fake can stand in for one.
 * </ul>
 *
 * <p>The module's test jar has contract tests for criteria, metrics, strategies and objectives, in
 * {@code dev.unlearn.spi.contract}, to be extended in tests of an implementation.
 *
 * <p>Objectives, which touch native arrays, are in {@link dev.unlearn.spi.train}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.spi;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
