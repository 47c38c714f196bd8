package dev.unlearn.adapter;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Ways to train less than a whole model.
 *
 * <p>A model has one of them at a time. While it is open, {@link TrainableCausalLm#parameters()}
 * are what is trained, so that an {@code Unlearner} updates, keeps a copy of, restores and digests
 * nothing else; all that the model computes is with it.
 */
public final class Adapters {
  private Adapters() {}

  /** Returns a builder of LoRA adapters with PEFT's defaults. */
  public static LoraBuilder lora() {
    return new LoraBuilder();
  }

  /**
   * Reads a LoRA adapter in PEFT's format and attaches it: {@code adapter_config.json} and {@code
   * adapter_model.safetensors}, in F32, F16 or BF16, computed with in float32. It is trained on as
   * it is. {@code lora_dropout} is read over, since dropout is off in this library.
   *
   * @param model loaded from a HuggingFace folder or made by {@code CausalLms.create}; the adapter
   *     is its own, to be closed before it
   * @throws IllegalArgumentException if there is no such folder, or the model cannot take it
   * @throws IllegalStateException if the model has an adapter or a choice of weights
   * @throws UnlearningException if a file is missing or says something that is not built, as DoRA,
   *     biases, trained modules or patterns of ranks, if a tensor is missing, too many or of
   *     another shape; the message names the file, the rule and what was found. The model is as it
   *     was.
   */
  public static Adapter load(TrainableCausalLm model, Path folder) {
    return PeftFormat.read(DjlCausalLm.of(model), requireNonNull(folder, "folder"));
  }

  /**
   * Trains only the weights whose names match, until the result is closed. Their names are those of
   * {@link TrainableCausalLm#parameters()}, which are the checkpoint's.
   *
   * <pre>{@code
   * try (TrainedWeights last = Adapters.trainOnly(model, "(.*\\.)?h\\.11\\.mlp\\..*")) {
   *   report = unlearner.forget(model, forgetSet);
   * }
   * }</pre>
   *
   * @param pattern a regular expression for whole names
   * @throws IllegalArgumentException if it is none, or matches no name
   * @throws IllegalStateException if the model has an adapter or a choice of weights
   */
  public static TrainedWeights trainOnly(TrainableCausalLm model, String pattern) {
    DjlCausalLm own = DjlCausalLm.of(model);
    Pattern names = Targets.compile("pattern", pattern);
    Map<String, NDArray> chosen = new LinkedHashMap<>(own.parameters());
    chosen.keySet().removeIf(name -> !names.matcher(name).matches());
    checkArgument(
        !chosen.isEmpty(), "pattern must match the name of a parameter, but was: %s", pattern);
    return new TrainedWeights(own.train(chosen));
  }
}
