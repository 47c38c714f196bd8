package dev.unlearn;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import ai.djl.Model;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.BlockNetwork;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.Signature;
import dev.unlearn.model.hf.AtomicFolder;
import dev.unlearn.model.hf.HfCheckpoints;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;

/**
 * Where models come from and go to.
 *
 * <p>A loaded model holds native memory until it is closed. Its weights change in place when it is
 * unlearned: a host that serves meanwhile forgets on a second loaded copy and swaps.
 */
public final class CausalLms {
  private CausalLms() {}

  /**
   * Loads a HuggingFace folder: {@code config.json} with model type {@code gpt2} or {@code
   * gpt_neo}, {@code model.safetensors} in float32, and {@code tokenizer.json}, or {@code
   * vocab.json} and {@code merges.txt}. The weights are memory-mapped, copy on write; the files are
   * never changed. Without tokenizer files the model works with ids only. The caller closes it.
   *
   * @throws IllegalArgumentException if there is no such folder
   * @throws UnlearningException if a file is missing or cannot be used; the message names the file,
   *     the rule and the value
   */
  public static TrainableCausalLm load(Path folder) {
    return HfCheckpoints.load(requireNonNull(folder, "folder"));
  }

  /**
   * Makes a new model with random weights. The caller closes it.
   *
   * @param configJson the text of a {@code config.json}, as {@link #load} takes it
   * @param tokenizerJson the text of a {@code tokenizer.json}
   * @param seed the same seed gives the same weights
   * @throws UnlearningException if one of the texts cannot be used
   */
  public static TrainableCausalLm create(String configJson, String tokenizerJson, long seed) {
    return HfCheckpoints.create(configJson, tokenizerJson, seed);
  }

  /**
   * Wraps a DJL model whose block maps ids to logits. Model and tokenizer are borrowed: closing the
   * wrapper leaves them open, and the model sees the changed weights. Frozen parameters stay as
   * they are.
   *
   * @throws IllegalArgumentException if no parameter is unfrozen, a parameter is not float32 or
   *     cannot be trained, or the block does not do what the signature says, looks ahead, or is not
   *     deterministic
   */
  public static TrainableCausalLm wrap(Model model, Tokenizer tokenizer, Signature signature) {
    requireNonNull(model, "model");
    requireNonNull(tokenizer, "tokenizer");
    requireNonNull(signature, "signature");
    return new DjlCausalLm(
        "djl",
        new BlockNetwork(model, signature),
        tokenizer,
        false,
        (parameters, folder) -> {
          throw new IllegalArgumentException(
              "a wrapped DJL model must be saved by its own Model.save, not by CausalLms.save");
        });
  }

  /**
   * Refuses now, before a long run, what {@link #save} would refuse of a folder.
   *
   * @throws IllegalArgumentException if the folder exists and is not empty, or cannot be written
   */
  public static void checkSavable(Path folder) {
    AtomicFolder.check(requireNonNull(folder, "folder"));
  }

  /**
   * Writes a model as a HuggingFace folder that Python loads unchanged: same tensor names and type,
   * with configuration and tokenizer. The folder is written beside its place and moved into it, so
   * it is there whole or not at all.
   *
   * @param folder must not exist, or be empty
   * @throws IllegalArgumentException if the folder exists and is not empty, cannot be written, or
   *     the model did not come from {@link #load} or {@link #create}
   * @throws UnlearningException if writing fails; nothing is left behind
   */
  public static void save(TrainableCausalLm model, Path folder) {
    checkArgument(
        model instanceof DjlCausalLm,
        "model must come from CausalLms, but was: %s",
        model.getClass());
    ((DjlCausalLm) model).save(requireNonNull(folder, "folder"));
  }
}
