/**
 * Membership inference, from {@link dev.unlearn.eval.membership.MembershipAudit} on: whether a
 * model treats sequences it was trained on otherwise than text it has never seen.
 *
 * <ul>
 *   <li>{@link dev.unlearn.eval.membership.MembershipScore}: one number per sequence; higher speaks
 *       for a member. Built in, by {@link dev.unlearn.eval.membership.MembershipScores}: loss,
 *       zlib, Min-K %, Min-K %++, reference, lower case; the gradient norm, which needs gradients,
 *       is {@code dev.unlearn.attack.GradientNorms}.
 *   <li>{@link dev.unlearn.eval.membership.MembershipResult}: the curves of one model, and rows for
 *       the report.
 *   <li>{@link dev.unlearn.eval.membership.PrivLeak}: the same relative to a retrained model.
 * </ul>
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.membership;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
