/**
 * Machine unlearning of causal language models: start at {@link dev.unlearn.Unlearner}. Models come
 * from {@link dev.unlearn.CausalLms}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
