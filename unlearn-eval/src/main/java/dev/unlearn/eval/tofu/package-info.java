/**
 * The measures of the TOFU benchmark (Maini et al., 2024, arXiv 2401.06121) on what {@link
 * dev.unlearn.eval.tofu.TofuFiles} reads, its files or others of their format. {@link
 * dev.unlearn.eval.tofu.TofuScores} measures a model on the {@link dev.unlearn.eval.tofu.TofuItem}s
 * of one of the four {@link dev.unlearn.eval.tofu.TofuSet}s; {@link
 * dev.unlearn.eval.tofu.ForgetQuality} and {@link dev.unlearn.eval.tofu.ModelUtility} are made of
 * these.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.tofu;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
