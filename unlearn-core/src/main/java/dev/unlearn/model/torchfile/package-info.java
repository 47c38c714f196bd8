/**
 * PyTorch's {@code pytorch_model.bin}, read without running anything in it: {@link
 * dev.unlearn.model.torchfile.TorchFile} says where its tensors lie. Not API; may change at any
 * time.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.torchfile;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
