/**
 * Tokenizers of HuggingFace folders, from the factory {@link
 * dev.unlearn.model.tokenizer.Tokenizers}.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.tokenizer;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
