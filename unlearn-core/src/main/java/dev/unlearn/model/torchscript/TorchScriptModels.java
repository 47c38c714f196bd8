package dev.unlearn.model.torchscript;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Failures;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.BlockNetwork;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.Signature;
import dev.unlearn.spi.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** Loads TorchScript files as models. */
public final class TorchScriptModels {
  private static final String FAMILY = "torchscript";

  private TorchScriptModels() {}

  /**
   * Loads a file and finds out what it takes: ids, or ids and an attention mask, and up to which
   * length. It is tried out in host memory, since an index beyond a table ends all work on a GPU;
   * for one it is loaded once more.
   *
   * @param tokenizer not closed with the model
   * @throws IllegalArgumentException if there is no such file or device, or the precision is not
   *     float32
   * @throws UnlearningException if it cannot be used, naming file, rule and what was found
   */
  public static DjlCausalLm load(Path file, Tokenizer tokenizer, LoadOptions options) {
    options.device().ifPresent(Devices::check);
    BlockNetwork.requireFloat32(options, "a TorchScript file");
    TorchScriptArchive.check(file);
    Model model = open(file, Device.cpu());
    Signature signature;
    try {
      signature = new SignatureProbe(file, model).find();
    } catch (UnlearningException e) {
      model.close();
      throw explained(file, Device.cpu(), "tried out; say what it takes by a Signature", e);
    } catch (RuntimeException | Error e) {
      model.close();
      throw e;
    }
    Device device = options.device().orElseGet(Devices::byDefault);
    if (!Devices.isHost(device)) {
      model.close();
      model = open(file, device);
    }
    return assemble(file, tokenizer, model, signature, options);
  }

  /**
   * Loads a file that takes what the signature says.
   *
   * @param tokenizer not closed with the model
   * @throws IllegalArgumentException if there is no such file or device, or the precision is not
   *     float32
   * @throws UnlearningException if it cannot be used, naming file, rule and what was found
   */
  public static DjlCausalLm load(
      Path file, Tokenizer tokenizer, Signature signature, LoadOptions options) {
    options.device().ifPresent(Devices::check);
    BlockNetwork.requireFloat32(options, "a TorchScript file");
    TorchScriptArchive.check(file);
    Device device = options.device().orElseGet(Devices::byDefault);
    return assemble(file, tokenizer, open(file, device), signature, options);
  }

  private static DjlCausalLm assemble(
      Path file, Tokenizer tokenizer, Model model, Signature signature, LoadOptions options) {
    try {
      BlockNetwork network = new BlockNetwork(model, true, signature);
      return new DjlCausalLm(
          FAMILY, network, tokenizer, false, new TorchScriptSaver(model.getBlock()), options);
    } catch (IllegalArgumentException e) {
      throw explained(
          file,
          model.getNDManager().getDevice(),
          "to run; choose where by LoadOptions.device, or trace it again where it is to run",
          new UnlearningException("%s: %s".formatted(file, e.getMessage()), e));
    }
  }

  /** Returns a refusal that also says so if the code makes tensors elsewhere. */
  private static UnlearningException explained(
      Path file, Device device, String toDo, UnlearningException refusal) {
    Set<String> traced = TorchScriptArchive.devices(file);
    traced.remove(Devices.nameInPyTorch(device));
    if (traced.isEmpty()) {
      return refusal;
    }
    return new UnlearningException(
        "%s; its code makes tensors on %s, where it was traced, and %s is where it is %s"
            .formatted(refusal.getMessage(), String.join(", ", traced), device, toDo),
        refusal);
  }

  /** Loads a module that can be trained. */
  private static Model open(Path file, Device device) {
    Model model = Model.newInstance(FAMILY, device, Torch.ENGINE);
    try {
      model.load(file, null, Map.of("trainParam", "true", "mapLocation", "true"));
      return model;
    } catch (EngineException | IOException | MalformedModelException e) {
      model.close();
      throw new UnlearningException(
          "%s must be a TorchScript file that PyTorch can load and train, but it was refused: %s"
              .formatted(file, Failures.summary(e)),
          e);
    }
  }
}
