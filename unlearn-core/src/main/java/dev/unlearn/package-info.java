/**
 * Machine unlearning of causal language models. Start at {@link dev.unlearn.Unlearner}; models come
 * from {@link dev.unlearn.CausalLms}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
