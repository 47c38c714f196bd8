package dev.unlearn.adapter;

import ai.djl.ndarray.NDArray;
import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.decoder.Linear;
import dev.unlearn.model.hf.AdapterFolder;
import dev.unlearn.model.hf.HfConfig;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** LoRA adapters as PEFT writes them. */
final class PeftFormat {
  private static final String TYPE = "peft_type";
  private static final String LORA = "LORA";
  static final String TARGETS = "target_modules";
  private static final String INITIAL = "init_lora_weights";

  /** What changes the arithmetic, or adds tensors. */
  private static final String[] NOT_BUILT = {
    "use_dora",
    "lora_bias",
    "modules_to_save",
    "exclude_modules",
    "layers_to_transform",
    "layers_pattern",
    "rank_pattern",
    "alpha_pattern",
    "layer_replication",
    "trainable_token_indices",
    "target_parameters",
    "alora_invocation_tokens",
    "use_qalora",
    "use_bdlora",
    "arrow_config",
    "kasa_config",
    "monteclora_config",
    "velora_config"
  };

  private PeftFormat() {}

  /** Returns the name of A of a layer; its shape is (rank, inputs). */
  static String nameOfA(String path) {
    return "base_model.model." + path + ".lora_A.weight";
  }

  /** Returns the name of B of a layer; its shape is (outputs, rank). */
  static String nameOfB(String path) {
    return "base_model.model." + path + ".lora_B.weight";
  }

  /** Returns the matrices by their names. */
  static Map<String, NDArray> arrays(Map<String, AdaptedLinear> layers) {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    layers.forEach(
        (path, layer) -> {
          arrays.put(nameOfA(path), layer.addition().a());
          arrays.put(nameOfB(path), layer.addition().b());
        });
    return arrays;
  }

  static void write(Path folder, LoraConfig config, Map<String, AdaptedLinear> layers) {
    List<Tensor> tensors = new ArrayList<>();
    arrays(layers).forEach((name, array) -> tensors.add(Tensor.of(name, array)));
    AdapterFolder.write(folder, json(config, layers), tensors);
  }

  private static JsonObject json(LoraConfig config, Map<String, AdaptedLinear> layers) {
    JsonObject json = new JsonObject();
    json.addProperty(TYPE, LORA);
    json.addProperty("task_type", "CAUSAL_LM");
    json.add("base_model_name_or_path", JsonNull.INSTANCE);
    json.addProperty("inference_mode", true);
    json.addProperty("r", config.rank());
    boolean whole = config.alpha() == Math.rint(config.alpha()) && config.alpha() < 1e9;
    if (whole) {
      json.addProperty("lora_alpha", (long) config.alpha());
    } else {
      json.addProperty("lora_alpha", config.alpha());
    }
    json.addProperty("use_rslora", config.rankStabilized());
    JsonArray targets = new JsonArray();
    config.targets().namesOf(layers.keySet()).forEach(targets::add);
    json.add(TARGETS, targets);
    json.addProperty("lora_dropout", 0.0);
    json.addProperty("bias", "none");
    json.addProperty(
        "fan_in_fan_out", layers.values().stream().anyMatch(AdaptedLinear::isTransposed));
    json.addProperty(INITIAL, true);
    json.add("modules_to_save", JsonNull.INSTANCE);
    return json;
  }

  static Adapter read(DjlCausalLm model, Path path) {
    AdapterFolder folder = AdapterFolder.read(path);
    LoraConfig config = config(folder.config());
    Map<String, Linear> linears = config.targets().choose(Adapter.linears(model));
    try (StoredValues values =
        new StoredValues(path.resolve(AdapterFolder.WEIGHTS), folder.tensors())) {
      values.check(config.rank(), linears);
      return Adapter.attach(model, config, values);
    }
  }

  private static LoraConfig config(HfConfig config) {
    String type = config.string(TYPE, "missing");
    if (!type.equals(LORA)) {
      throw config.wrong(TYPE, LORA, type);
    }
    String bias = config.string("bias", "none");
    if (!bias.equals("none")) {
      throw config.wrong("bias", "none, the only form that is built", bias);
    }
    config.mustBeOff(NOT_BUILT);
    checkInitial(config);
    int rank = config.positive("r", LoraBuilder.DEFAULT_RANK);
    double alpha = config.number("lora_alpha", LoraBuilder.DEFAULT_ALPHA);
    if (alpha <= 0) {
      throw config.wrong("lora_alpha", "> 0", alpha);
    }
    return new LoraConfig(rank, alpha, config.flag("use_rslora", false), targets(config));
  }

  /** Some ways to begin change the base weights, too, which the files do not hold. */
  private static void checkInitial(HfConfig config) {
    if (config.isString(INITIAL)) {
      String initial = config.string(INITIAL, "");
      if (!initial.equals("gaussian")) {
        throw config.wrong(INITIAL, "true, false or gaussian", initial);
      }
    } else {
      boolean unused = config.flag(INITIAL, true);
    }
  }

  private static Targets targets(HfConfig config) {
    if (config.isString(TARGETS)) {
      String pattern = config.string(TARGETS, "");
      try {
        return Targets.of(pattern);
      } catch (IllegalArgumentException e) {
        throw config.wrong(TARGETS, "a regular expression or names", pattern);
      }
    }
    List<String> names = config.strings(TARGETS).orElse(List.of());
    if (names.isEmpty()) {
      throw config.wrong(TARGETS, "a regular expression or names", "nothing");
    }
    return Targets.of(names);
  }
}
