/**
 * The engine room: what DJL does not offer of PyTorch. Not API; may change at any time.
 *
 * <p>No other package touches {@code ai.djl.pytorch}: {@link dev.unlearn.internal.Torch} calls it,
 * and the classes beside it make arguments of such calls. {@link dev.unlearn.internal.TorchOps}
 * reaches PyTorch operators that DJL does not expose.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.internal;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
