package dev.unlearn.model.hf;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Parameter;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Torch;
import dev.unlearn.internal.Utf8;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.model.decoder.Decoder;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.safetensors.TensorEntry;
import dev.unlearn.model.tokenizer.Tokenizers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads HuggingFace folders into models, and makes new models of a configuration. */
public final class HfCheckpoints {
  private static final Logger logger = LoggerFactory.getLogger(HfCheckpoints.class);
  static final String WEIGHTS = "model.safetensors";

  private HfCheckpoints() {}

  /**
   * Loads {@code config.json}, {@code model.safetensors} and the tokenizer of a folder. Weights are
   * mapped, copy on write: loading takes no heap in proportion to the model.
   *
   * @throws IllegalArgumentException if there is no such folder
   * @throws UnlearningException if a file is missing or cannot be used, naming file, rule and value
   */
  public static DjlCausalLm load(Path folder) {
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
    DecoderSpec spec = family.spec(config);
    Path weights = folder.resolve(WEIGHTS);
    if (!Files.isRegularFile(weights)) {
      throw new UnlearningException(folder + " must hold " + WEIGHTS + ", but has none");
    }
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      boolean rootless =
          !file.tensors().containsKey(family.names().of("embedding.token.weight", false));
      UnaryOperator<String> tensorName = name -> family.names().of(name, rootless);
      Decoder decoder = new Decoder(spec);
      checkTensors(weights, file, decoder, tensorName);
      HfSaver saver =
          new HfSaver(
              companions,
              file.metadata(),
              List.copyOf(file.tensors().keySet()),
              extraTensors(file, decoder, tensorName),
              tensorName.apply("embedding.token.weight"));
      return assemble(
          family,
          decoder,
          companions,
          tensorName,
          saver,
          manager -> parameter -> file.array(manager, tensorName.apply(parameter.getName())));
    }
  }

  /**
   * Makes a model with random weights of a {@code config.json} and a {@code tokenizer.json}.
   *
   * @throws UnlearningException if one of them cannot be used, naming key, rule and value
   */
  public static DjlCausalLm create(String configJson, String tokenizerJson, long seed) {
    HfConfig config = HfConfig.parse(CompanionFiles.CONFIG, configJson);
    Family family = Families.of(config);
    Decoder decoder = new Decoder(family.spec(config));
    Map<String, byte[]> companions = new LinkedHashMap<>();
    companions.put(CompanionFiles.CONFIG, configJson.getBytes(UTF_8));
    companions.put("tokenizer.json", tokenizerJson.getBytes(UTF_8));
    UnaryOperator<String> tensorName = name -> family.names().of(name, false);
    HfSaver saver =
        new HfSaver(
            companions,
            Map.of("format", "pt"),
            decoder.weights().keySet().stream().map(tensorName).toList(),
            Map.of(),
            tensorName.apply("embedding.token.weight"));
    double deviation = config.number("initializer_range", 0.02);
    return assemble(
        family,
        decoder,
        companions,
        tensorName,
        saver,
        manager -> new RandomWeights(manager, deviation, seed));
  }

  private static DjlCausalLm assemble(
      Family family,
      Decoder decoder,
      Map<String, byte[]> companions,
      UnaryOperator<String> tensorName,
      HfSaver saver,
      Function<NDManager, Function<Parameter, NDArray>> values) {
    NDManager manager = NDManager.newBaseManager(Torch.ENGINE);
    try {
      decoder.fill(manager, values.apply(manager));
      return new DjlCausalLm(
          family.modelType(),
          new DecoderNetwork(decoder, manager, tensorName),
          Tokenizers.of(companions),
          true,
          saver);
    } catch (RuntimeException | Error e) {
      manager.close();
      throw e;
    }
  }

  private static void checkTensors(
      Path weights, SafetensorsFile file, Decoder decoder, UnaryOperator<String> tensorName) {
    for (Map.Entry<String, Parameter> entry : decoder.weights().entrySet()) {
      String name = tensorName.apply(entry.getKey());
      TensorEntry tensor = file.tensors().get(name);
      if (tensor == null) {
        throw new UnlearningException(weights + " must hold the tensor " + name + ", but has none");
      }
      long[] expected = entry.getValue().getShape().getShape();
      if (!Arrays.equals(tensor.shape(), expected)) {
        throw new UnlearningException(
            "%s: tensor %s must have shape %s as config.json says, but has %s"
                .formatted(
                    weights, name, Arrays.toString(expected), Arrays.toString(tensor.shape())));
      }
      if (!tensor.dataType().equals("F32")) {
        throw new UnlearningException(
            "%s: tensor %s must be F32, the type this version computes in, but is %s"
                .formatted(weights, name, tensor.dataType()));
      }
    }
  }

  /** Tensors that are no parameters (mask buffers, a copy of the tied head), to write back. */
  private static Map<String, HfSaver.Extra> extraTensors(
      SafetensorsFile file, Decoder decoder, UnaryOperator<String> tensorName) {
    List<String> parameters =
        new ArrayList<>(decoder.weights().keySet().stream().map(tensorName).toList());
    parameters.add(TensorNames.HEAD);
    Map<String, HfSaver.Extra> extras = new LinkedHashMap<>();
    for (TensorEntry tensor : file.tensors().values()) {
      if (!parameters.contains(tensor.name())) {
        ByteBuffer bytes = file.map(tensor.name());
        extras.put(tensor.name(), new HfSaver.Extra(tensor, bytes));
        logger.debug("{} is no parameter; kept as it is", tensor.name());
      }
    }
    return extras;
  }
}
