/**
 * What an audit of an unlearned model found, as values: {@link dev.unlearn.eval.audit.Measurement}s
 * before and after, {@link dev.unlearn.eval.audit.AttackResult}s, and the {@link
 * dev.unlearn.eval.audit.Audit} that holds them all. They hold numbers, indices and the caller's
 * names; never text or token ids.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.audit;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
