package dev.unlearn;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.BlockNetwork;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.SaveOptions;
import dev.unlearn.model.Saver;
import dev.unlearn.model.Signature;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.model.hf.HfCheckpoints;
import dev.unlearn.model.torchscript.TorchScriptModels;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.Map;

/**
 * Where models come from and go to.
 *
 * <p>A loaded model holds native memory until it is closed. Its weights change in place when it is
 * unlearned: a host that serves meanwhile forgets on a second loaded copy and swaps.
 */
public final class CausalLms {
  private CausalLms() {}

  /**
   * Loads a HuggingFace folder: {@code config.json} of a known model type, weights as safetensors
   * or {@code pytorch_model.bin}, in one file or several, in F32, F16 or BF16, and {@code
   * tokenizer.json}, or {@code vocab.json} and {@code merges.txt}. Computes in float32; only
   * training may do otherwise, see {@link LoadOptions#precision()}. F32 weights are mapped, copy on
   * write; the files are never changed. Without tokenizer files the model works with ids only. The
   * caller closes it. A TorchScript file is loaded by {@link #loadTorchScript(Path, Tokenizer)}.
   *
   * @throws IllegalArgumentException if there is no such folder
   * @throws UnlearningException if a file is missing or cannot be used; the message names the file,
   *     the rule and the value
   */
  public static TrainableCausalLm load(Path folder) {
    return load(folder, LoadOptions.defaults());
  }

  /**
   * Loads a HuggingFace folder as {@link #load(Path)} does, with options. They are for folders:
   * TorchScript files and wrapped models compute as they were made.
   *
   * @throws IllegalArgumentException if there is no such folder or device
   * @throws UnlearningException if a file is missing or cannot be used; the message names the file,
   *     the rule and the value
   */
  public static TrainableCausalLm load(Path folder, LoadOptions options) {
    requireNonNull(folder, "folder");
    return HfCheckpoints.load(folder, requireNonNull(options, "options"));
  }

  /**
   * Loads a TorchScript file ({@code torch.jit.save}) that maps ids to logits. Whether it takes ids
   * alone or ids and an attention mask, and how long they may be, is found out by trying, up to a
   * length of 2048; all its parameters are trained. Such a file is code: load only what you trust.
   * The caller closes the model; the tokenizer is borrowed.
   *
   * @throws IllegalArgumentException if there is no such file
   * @throws UnlearningException if it is no TorchScript file, or does not map ids of any length to
   *     logits; the message names the file, the rule and what was found
   */
  public static TrainableCausalLm loadTorchScript(Path file, Tokenizer tokenizer) {
    return loadTorchScript(file, tokenizer, LoadOptions.defaults());
  }

  /**
   * Loads a TorchScript file as {@link #loadTorchScript(Path, Tokenizer)} does, with options.
   *
   * @throws IllegalArgumentException if there is no such file or device
   * @throws UnlearningException as {@link #loadTorchScript(Path, Tokenizer)}
   */
  public static TrainableCausalLm loadTorchScript(
      Path file, Tokenizer tokenizer, LoadOptions options) {
    requireNonNull(file, "file");
    requireNonNull(tokenizer, "tokenizer");
    return TorchScriptModels.load(file, tokenizer, requireNonNull(options, "options"));
  }

  /**
   * Loads a TorchScript file as {@link #loadTorchScript(Path, Tokenizer)} does, but is told what it
   * takes: for a longer context, other inputs, or to try nothing out.
   *
   * @throws IllegalArgumentException if there is no such file
   * @throws UnlearningException if it is no TorchScript file, or does not do what the signature
   *     says; the message names the file, the rule and what was found
   */
  public static TrainableCausalLm loadTorchScript(
      Path file, Tokenizer tokenizer, Signature signature) {
    return loadTorchScript(file, tokenizer, signature, LoadOptions.defaults());
  }

  /**
   * Loads a TorchScript file as {@link #loadTorchScript(Path, Tokenizer, Signature)} does, with
   * options.
   *
   * @throws IllegalArgumentException if there is no such file or device
   * @throws UnlearningException as {@link #loadTorchScript(Path, Tokenizer, Signature)}
   */
  public static TrainableCausalLm loadTorchScript(
      Path file, Tokenizer tokenizer, Signature signature, LoadOptions options) {
    requireNonNull(file, "file");
    requireNonNull(tokenizer, "tokenizer");
    requireNonNull(signature, "signature");
    return TorchScriptModels.load(file, tokenizer, signature, requireNonNull(options, "options"));
  }

  /**
   * Makes a new model with random weights. The caller closes it.
   *
   * @param configJson the text of a {@code config.json}, as {@link #load(Path)} takes it
   * @param tokenizerJson the text of a {@code tokenizer.json}
   * @param seed the same seed gives the same weights
   * @throws UnlearningException if one of the texts cannot be used
   */
  public static TrainableCausalLm create(String configJson, String tokenizerJson, long seed) {
    return create(configJson, tokenizerJson, seed, LoadOptions.defaults());
  }

  /**
   * Makes a new model as {@link #create(String, String, long)} does, with options. The same seed
   * gives the same weights on every device.
   *
   * @throws IllegalArgumentException if there is no such device
   * @throws UnlearningException if one of the texts cannot be used
   */
  public static TrainableCausalLm create(
      String configJson, String tokenizerJson, long seed, LoadOptions options) {
    return HfCheckpoints.create(
        requireNonNull(configJson, "configJson"),
        requireNonNull(tokenizerJson, "tokenizerJson"),
        seed,
        requireNonNull(options, "options"));
  }

  /**
   * Wraps a DJL model whose block maps ids to logits. Model and tokenizer are borrowed: closing the
   * wrapper leaves them open, and the model sees the changed weights. Frozen parameters stay as
   * they are. Two wrappers of one model take turns; with what its owner does it must not be used at
   * the same time.
   *
   * @throws IllegalArgumentException if no parameter is unfrozen, a parameter is not float32 or
   *     cannot be trained, or the block does not do what the signature says, looks ahead, or is not
   *     deterministic
   * @throws IllegalStateException if another wrapper of the model is being unlearned
   */
  public static TrainableCausalLm wrap(Model model, Tokenizer tokenizer, Signature signature) {
    return wrap(model, tokenizer, signature, LoadOptions.defaults());
  }

  /**
   * Wraps a DJL model as {@link #wrap(Model, Tokenizer, Signature)} does, with options. The model
   * stays on the device that it is on.
   *
   * @throws IllegalArgumentException also if the options name another device, or a precision other
   *     than float32
   * @throws IllegalStateException if another wrapper of the model is being unlearned
   */
  public static TrainableCausalLm wrap(
      Model model, Tokenizer tokenizer, Signature signature, LoadOptions options) {
    requireNonNull(model, "model");
    requireNonNull(tokenizer, "tokenizer");
    requireNonNull(signature, "signature");
    Device own = model.getNDManager().getDevice();
    requireNonNull(options, "options")
        .device()
        .ifPresent(
            device ->
                checkArgument(
                    device.equals(own),
                    "device must be that of the wrapped model, %s, but was: %s",
                    own,
                    device));
    BlockNetwork.requireFloat32(options, "a wrapped model");
    BlockNetwork network = new BlockNetwork(model, false, signature);
    return new DjlCausalLm("djl", network, tokenizer, false, new LeftToOwner(), options);
  }

  /**
   * Returns a model as DJL's {@link ai.djl.modality.nlp.generate.TextGenerator} takes it: from ids,
   * position ids, an attention mask, and keys and values of the past, to logits, keys and values of
   * all tokens, and hidden states. It sees later changes of the weights. The caller closes it; the
   * model stays open.
   *
   * @throws IllegalArgumentException if the model was not loaded from a HuggingFace folder or made
   *     by {@link #create}
   */
  public static Predictor<NDList, CausalLMOutput> predictor(TrainableCausalLm model) {
    return DjlCausalLm.of(model).predictor();
  }

  /**
   * Returns SHA-256 over names, shapes and values of {@link TrainableCausalLm#parameters()}, in
   * hexadecimal: equal for equal weights, bit for bit. It tells which model a number belongs to, as
   * {@code model.before} and {@code model.after} in a report do.
   */
  public static String digest(TrainableCausalLm model) {
    return WeightsDigest.of(requireNonNull(model, "model"));
  }

  /**
   * Refuses now, before a long run, what {@link #save(TrainableCausalLm, Path)} would refuse.
   *
   * @throws IllegalArgumentException as it does
   */
  public static void checkSavable(TrainableCausalLm model, Path target) {
    checkSavable(model, target, SaveOptions.defaults());
  }

  /**
   * Refuses now, before a long run, what {@link #save(TrainableCausalLm, Path, SaveOptions)} would
   * refuse. Nothing is written.
   *
   * @throws IllegalArgumentException as it does
   */
  public static void checkSavable(TrainableCausalLm model, Path target, SaveOptions options) {
    DjlCausalLm.of(model)
        .checkSavable(requireNonNull(target, "target"), requireNonNull(options, "options"));
  }

  /**
   * Writes a model in the form it was loaded from. A HuggingFace folder is one that Python loads
   * unchanged: same tensor names and type, with configuration and tokenizer. A TorchScript model is
   * written as one file for {@code torch.jit.load}. Both are written beside their place and moved
   * into it, so they are there whole or not at all.
   *
   * @param target must not exist, or be an empty folder for a folder
   * @throws IllegalArgumentException if the target exists and is no empty folder, cannot be
   *     written, or the model was wrapped, has an adapter that is not merged, or has more than 2 GB
   *     of parameters and came from a TorchScript file
   * @throws UnlearningException if writing fails; nothing is left behind
   */
  public static void save(TrainableCausalLm model, Path target) {
    save(model, target, SaveOptions.defaults());
  }

  /**
   * Writes a model as {@link #save(TrainableCausalLm, Path)} does, but in another element type,
   * over a model that is there, or in files of another size.
   *
   * <p>A folder is overwritten as a whole: weights, tokenizer and what else belongs to a model are
   * replaced, other files stay. At every moment the old or the new model is whole on the disk. A
   * model may be saved over the folder it was loaded from and be used on.
   *
   * @throws IllegalArgumentException if the target may not be overwritten, cannot be written, an
   *     option does not suit it, or the model cannot be saved at all
   * @throws UnlearningException if writing fails, or a value is too large for the type; the target
   *     is what it was before
   */
  public static void save(TrainableCausalLm model, Path target, SaveOptions options) {
    DjlCausalLm.of(model)
        .save(requireNonNull(target, "target"), requireNonNull(options, "options"));
  }

  /** Leaves a wrapped model to its owner. */
  private static final class LeftToOwner implements Saver {

    @Override
    public void check(Map<String, NDArray> parameters, Path target, SaveOptions options) {
      throw new IllegalArgumentException(
          "a wrapped DJL model must be saved by its own Model.save, not by CausalLms.save");
    }

    @Override
    public void save(Map<String, NDArray> parameters, Path target, SaveOptions options) {
      check(parameters, target, options);
    }
  }
}
