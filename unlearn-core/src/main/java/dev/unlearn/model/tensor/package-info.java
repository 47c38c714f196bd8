/**
 * Tensors as they lie in files, whatever the container: {@link
 * dev.unlearn.model.tensor.StoredTensor} says where the elements are and maps them. Not API; may
 * change at any time.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.tensor;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
