package dev.unlearn.model.hf;

import static com.google.common.base.Verify.verifyNotNull;

import ai.djl.ndarray.NDArray;
import dev.unlearn.model.Saver;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes a model as the folder it came from: the same files, tensors and order. */
final class HfSaver implements Saver {
  private final Map<String, byte[]> companions;
  private final Map<String, String> metadata;
  private final List<String> order;
  private final Map<String, Extra> extras;
  private final String embedding;

  /** A tensor that is no parameter, with its bytes. */
  record Extra(TensorEntry entry, ByteBuffer bytes) {}

  /**
   * Creates a saver.
   *
   * @param order the names of all tensors to write
   * @param extras those that are no parameters
   * @param embedding the token embedding, which a copy of the tied head repeats
   */
  HfSaver(
      Map<String, byte[]> companions,
      Map<String, String> metadata,
      List<String> order,
      Map<String, Extra> extras,
      String embedding) {
    this.companions = companions;
    this.metadata = metadata;
    this.order = order;
    this.extras = extras;
    this.embedding = embedding;
  }

  @Override
  public void save(Map<String, NDArray> parameters, Path folder) {
    AtomicFolder.write(folder, inside -> writeInto(inside, parameters));
  }

  private void writeInto(Path folder, Map<String, NDArray> parameters) throws IOException {
    for (Map.Entry<String, byte[]> file : companions.entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
    List<SafetensorsWriter.Tensor> tensors = new ArrayList<>();
    for (String name : order) {
      Extra extra = extras.get(name);
      if (extra != null) {
        tensors.add(SafetensorsWriter.Tensor.of(extra.entry(), extra.bytes()));
      } else {
        String source = parameters.containsKey(name) ? name : embedding;
        NDArray array = verifyNotNull(parameters.get(source), "no values for %s", name);
        tensors.add(SafetensorsWriter.Tensor.of(name, array));
      }
    }
    SafetensorsWriter.write(folder.resolve(HfCheckpoints.WEIGHTS), metadata, tensors);
  }
}
