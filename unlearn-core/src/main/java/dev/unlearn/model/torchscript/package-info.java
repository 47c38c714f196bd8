/**
 * TorchScript files: {@link dev.unlearn.model.torchscript.TorchScriptModels} loads them into a
 * {@link dev.unlearn.model.BlockNetwork}; what it loaded is saved as such a file again. Not API;
 * may change at any time.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.model.torchscript;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
