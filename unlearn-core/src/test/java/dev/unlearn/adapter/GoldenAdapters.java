package dev.unlearn.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.hf.AdapterFolder;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** The adapters under {@code /golden/adapters}, and the models they are of. */
final class GoldenAdapters {
  private GoldenAdapters() {}

  static Path golden(String name) {
    URL config = GoldenAdapters.class.getResource("/golden/" + name + "/golden.safetensors");
    if (config == null) {
      throw new AssertionError("no golden folder " + name);
    }
    try {
      return Path.of(config.toURI()).getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  static double[] nll(TrainableCausalLm model, String name) {
    return model.score(rows(name)).stream()
        .flatMapToDouble(
            scores ->
                IntStream.range(1, scores.sequence().length())
                    .mapToDouble(position -> -scores.logProbability(position)))
        .toArray();
  }

  static List<TokenSequence> rows(String name) {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray ids =
          SafetensorsFile.read(golden(name).resolve("golden.safetensors"))
              .array(manager, "input_ids");
      int length = Math.toIntExact(ids.getShape().get(1));
      int[] values = Arrays.stream(ids.toLongArray()).mapToInt(Math::toIntExact).toArray();
      return List.of(
          TokenSequence.of(Arrays.copyOf(values, length)),
          TokenSequence.of(Arrays.copyOfRange(values, length, 2 * length)));
    }
  }

  static JsonObject json(Path adapter) throws IOException {
    return JsonParser.parseString(Files.readString(adapter.resolve(AdapterFolder.CONFIG)))
        .getAsJsonObject();
  }

  /** Copies PEFT's adapter of the golden GPT-2 with changes. */
  static Path copied(Path parent, Consumer<JsonObject> settings, UnaryOperator<List<Tensor>> change)
      throws IOException {
    Path source = golden("adapters/gpt2");
    Path target = Files.createDirectory(parent.resolve("copy"));
    JsonObject json = json(source);
    settings.accept(json);
    Files.writeString(target.resolve(AdapterFolder.CONFIG), json.toString());
    SafetensorsFile file = SafetensorsFile.read(source.resolve(AdapterFolder.WEIGHTS));
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      List<Tensor> tensors =
          file.tensors().keySet().stream()
              .map(name -> Tensor.of(name, file.array(manager, name)))
              .toList();
      SafetensorsWriter.write(
          target.resolve(AdapterFolder.WEIGHTS), Map.of(), change.apply(tensors));
    }
    return target;
  }
}
