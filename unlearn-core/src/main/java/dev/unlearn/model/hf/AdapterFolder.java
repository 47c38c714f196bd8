package dev.unlearn.model.hf;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.gson.JsonObject;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Utf8;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.StoredTensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The two files of an adapter in HuggingFace's PEFT: {@value #CONFIG} and {@value #WEIGHTS}.
 *
 * @param config what the first says
 * @param tensors what the second holds, by name
 * @hidden not API
 */
public record AdapterFolder(HfConfig config, Map<String, StoredTensor> tensors) {
  /** The file with the settings. */
  public static final String CONFIG = "adapter_config.json";

  /** The file with the tensors. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /**
   * Reads the settings, and where the tensors lie.
   *
   * @throws IllegalArgumentException if there is no such folder
   * @throws UnlearningException if a file is missing, no JSON, or no safetensors
   */
  public static AdapterFolder read(Path folder) {
    checkArgument(
        Files.isDirectory(folder), "adapter folder must exist, but there is no: %s", folder);
    Path config = file(folder, CONFIG);
    HfConfig parsed =
        HfConfig.parse(
            config.toString(), Utf8.decode(config.toString(), CompanionFiles.bytes(config)));
    return new AdapterFolder(parsed, SafetensorsFile.read(file(folder, WEIGHTS)).tensors());
  }

  private static Path file(Path folder, String name) {
    Path file = folder.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new UnlearningException(folder + " must hold " + name + ", but has none");
    }
    return file;
  }

  /**
   * Writes a folder beside its place and moves it into place.
   *
   * @throws IllegalArgumentException if the target exists and is no empty folder, or its parent is
   *     no folder that can be written to
   * @throws UnlearningException if writing fails; nothing is left behind
   */
  public static void write(Path target, JsonObject config, List<Tensor> tensors) {
    AtomicFolder.write(
        target,
        folder -> {
          Files.write(folder.resolve(CONFIG), HfSaver.toBytes(config));
          SafetensorsWriter.write(folder.resolve(WEIGHTS), Map.of("format", "pt"), tensors);
        });
  }
}
