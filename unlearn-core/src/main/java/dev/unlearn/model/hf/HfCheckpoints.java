package dev.unlearn.model.hf;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Devices;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Utf8;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.decoder.Decoder;
import dev.unlearn.model.tensor.ElementType;
import dev.unlearn.model.tensor.Mappings;
import dev.unlearn.model.tokenizer.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Reads HuggingFace folders into models, and makes new models of a configuration.
 *
 * @hidden not API
 */
public final class HfCheckpoints {
  private static final String WEIGHT = ".weight";
  private static final String EMBEDDING = "embedding.token.weight";
  private static final String HEAD = "head.weight";
  private static final String PYTHON_HEAD = "lm_head.weight";

  private HfCheckpoints() {}

  /**
   * Loads the configuration, weights and tokenizer of a folder. Weights in float32 are mapped, copy
   * on write; those in F16 or BF16 become float32. Loading takes no heap in proportion to the
   * model.
   *
   * @throws IllegalArgumentException if there is no such folder or device
   * @throws UnlearningException if a file is missing or cannot be used, naming file, rule and value
   */
  public static DjlCausalLm load(Path folder, LoadOptions options) {
    options.device().ifPresent(Devices::check);
    checkArgument(
        !Files.isRegularFile(folder),
        "model folder must be a folder, but is a file: %s; a TorchScript file is loaded by"
            + " loadTorchScript",
        folder);
    checkArgument(
        Files.isDirectory(folder), "model folder must exist, but there is no: %s", folder);
    Map<String, byte[]> companions = CompanionFiles.read(folder);
    byte[] configBytes = companions.get(CompanionFiles.CONFIG);
    if (configBytes == null) {
      throw new UnlearningException(folder + " must hold config.json, but has none");
    }
    String where = folder.resolve(CompanionFiles.CONFIG).toString();
    HfConfig config = HfConfig.parse(where, Utf8.decode(where, configBytes));
    Family family = Families.of(config);
    Decoder decoder = new Decoder(family.spec(config));
    WeightFiles files = WeightFiles.find(folder);
    UnaryOperator<String> tensorName = tensorNames(family, decoder, files);
    Map<String, Shape> shapes = new LinkedHashMap<>();
    decoder
        .weights()
        .forEach((name, weight) -> shapes.put(tensorName.apply(name), weight.getShape()));
    TensorRoles roles =
        new TensorRoles(files, shapes, tensorName.apply(EMBEDDING), tensorName.apply(HEAD));
    Set<String> fileNames = files.shards().stream().map(WeightFiles.Shard::name).collect(toSet());
    HfSaver.Origin origin = new HfSaver.Origin(folder.toAbsolutePath(), fileNames);
    try (Mappings mappings = new Mappings()) {
      return assemble(
          family,
          decoder,
          companions,
          options,
          tensorName,
          manager ->
              parameter ->
                  roles.values(tensorName.apply(parameter.getName())).toFloat32(manager, mappings),
          manager -> {
            // What is no parameter is never computed with; it need not be on the device.
            NDManager host = manager.newSubManager(Device.cpu());
            return new HfSaver(Optional.of(origin), companions, roles.toWrite(host, mappings));
          });
    }
  }

  /** Some files leave out the root of all names, some do not. */
  private static UnaryOperator<String> tensorNames(
      Family family, Decoder decoder, WeightFiles files) {
    boolean rootless =
        decoder.weights().keySet().stream()
            .filter(name -> !name.startsWith("head."))
            .map(name -> family.names().of(name, false))
            .noneMatch(files.tensors()::containsKey);
    return name -> {
      String tensor = family.names().of(name, rootless);
      // In Python every head is called so, and some files are written by that name.
      boolean otherwise = name.equals(HEAD) && !files.tensors().containsKey(tensor);
      return otherwise && files.tensors().containsKey(PYTHON_HEAD) ? PYTHON_HEAD : tensor;
    };
  }

  /** Returns a part's path in Python, where every head is called by one name. */
  private static String modulePath(Family family, String part) {
    String weight = part + WEIGHT;
    String tensor = weight.equals(HEAD) ? PYTHON_HEAD : family.names().of(weight, false);
    return tensor.substring(0, tensor.length() - WEIGHT.length());
  }

  /**
   * Makes a model with random weights of a {@code config.json} and a {@code tokenizer.json}.
   *
   * @throws IllegalArgumentException if there is no such device
   * @throws UnlearningException if one of them cannot be used, naming key, rule and value
   */
  public static DjlCausalLm create(
      String configJson, String tokenizerJson, long seed, LoadOptions options) {
    options.device().ifPresent(Devices::check);
    HfConfig config = HfConfig.parse(CompanionFiles.CONFIG, configJson);
    Family family = Families.of(config);
    Decoder decoder = new Decoder(family.spec(config));
    Map<String, byte[]> companions = new LinkedHashMap<>();
    companions.put(CompanionFiles.CONFIG, configJson.getBytes(UTF_8));
    companions.put("tokenizer.json", tokenizerJson.getBytes(UTF_8));
    UnaryOperator<String> tensorName = name -> family.names().of(name, false);
    List<SavedTensor> tensors = new ArrayList<>();
    for (String name : decoder.weights().keySet()) {
      String tensor = tensorName.apply(name);
      tensors.add(new SavedTensor.OfParameter(tensor, ElementType.F32, tensor));
    }
    double deviation = config.number("initializer_range", 0.02);
    return assemble(
        family,
        decoder,
        companions,
        options,
        tensorName,
        manager -> new RandomWeights(manager, deviation, seed),
        manager -> new HfSaver(Optional.empty(), companions, SavedWeights.single(tensors)));
  }

  private static DjlCausalLm assemble(
      Family family,
      Decoder decoder,
      Map<String, byte[]> companions,
      LoadOptions options,
      UnaryOperator<String> tensorName,
      Function<NDManager, Function<Parameter, NDArray>> values,
      Function<NDManager, HfSaver> saver) {
    Device device = options.device().orElseGet(Devices::byDefault);
    NDManager manager = NDManager.newBaseManager(device, Torch.ENGINE);
    try {
      decoder.fill(manager, values.apply(manager));
      HfSaver made = saver.apply(manager);
      return new DjlCausalLm(
          family.modelType(),
          new DecoderNetwork(
              decoder, manager, tensorName, name -> modulePath(family, name), options.precision()),
          Tokenizers.of(companions), // last, since nothing would close it
          true,
          made,
          options);
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }
}
