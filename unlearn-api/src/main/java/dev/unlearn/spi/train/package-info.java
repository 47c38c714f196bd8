/**
 * What training needs of a model: the only package of this module that names DJL types.
 *
 * <p>An {@link dev.unlearn.spi.train.Objective} turns a {@link dev.unlearn.spi.train.Pass} over a
 * {@link dev.unlearn.spi.train.TokenBatch} into the scalar to minimize. A five-line objective:
 *
 * <pre>{@code
 * Objective gradientAscent = context -> {
 *   Share forget = context.forget();
 *   return forget.tokenMean(forget.pass().logProbabilities());
 * };
 * }</pre>
 *
 * <p>Every array a pass hands out belongs to the batch's manager and is freed with it.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.spi.train;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
