package dev.unlearn.model.torchscript;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.Saver;
import dev.unlearn.model.WeightType;
import java.nio.file.Path;
import java.util.Map;

/** Writes a TorchScript module, with the parameters it holds, as one file. */
final class TorchScriptSaver implements Saver {
  /** DJL counts the bytes of a file in an int; this leaves room for code and buffers. */
  private static final long MAX_PARAMETER_BYTES = 2_000_000_000;

  private final Block module;

  TorchScriptSaver(Block module) {
    this.module = module;
  }

  @Override
  public void check(Map<String, NDArray> parameters, Path target, SaveOptions options) {
    checkArgument(
        options.weightType().filter(type -> type != WeightType.F32).isEmpty(),
        "weightType must be F32 for a TorchScript file, but was: %s",
        options.weightType().orElse(null));
    checkArgument(
        options.maxShardBytes().isEmpty(),
        "maxShardBytes must not be set for a TorchScript file, which is one, but was: %s",
        options.maxShardBytes().orElse(0));
    long bytes = parameters.values().stream().mapToLong(a -> a.size() * Float.BYTES).sum();
    checkArgument(
        bytes <= MAX_PARAMETER_BYTES,
        "the parameters must take at most %s bytes for DJL to write a TorchScript file, but take"
            + " %s; use a HuggingFace folder for such a model, or write its parameters yourself",
        MAX_PARAMETER_BYTES,
        bytes);
    AtomicFile.check(target, options.overwrite());
  }

  @Override
  public void save(Map<String, NDArray> parameters, Path target, SaveOptions options) {
    AtomicFile.write(target, options.overwrite(), out -> Torch.write(module, out));
  }
}
