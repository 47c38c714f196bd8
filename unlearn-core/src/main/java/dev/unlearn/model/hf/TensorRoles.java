package dev.unlearn.model.hf;

import static com.google.common.base.Verify.verifyNotNull;
import static java.util.stream.Collectors.toSet;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.hf.SavedTensor.Kept;
import dev.unlearn.model.hf.SavedTensor.OfParameter;
import dev.unlearn.model.hf.SavedWeights.SavedFile;
import dev.unlearn.model.hf.WeightFiles.Shard;
import dev.unlearn.model.tensor.Mappings;
import dev.unlearn.model.tensor.StoredTensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What each tensor of a folder is to a decoder: a parameter, a copy of one, or neither, such as a
 * mask buffer. Parameters go by their tensors' names here.
 */
final class TensorRoles {
  private static final Logger logger = LoggerFactory.getLogger(TensorRoles.class);

  private static final Pattern LAYER = Pattern.compile("\\.\\d+\\.");

  private final WeightFiles files;

  /** Where each parameter's values are. */
  private final Map<String, StoredTensor> parameters = new LinkedHashMap<>();

  /** The parameter whose values a tensor is written with. */
  private final Map<String, String> roles = new HashMap<>();

  /**
   * Finds every parameter.
   *
   * @param shapes the shapes of all parameters
   * @param embedding the token embedding
   * @param head the output head, which is no parameter if it is tied to the embedding
   * @throws UnlearningException if a tensor is missing, does not fit, or is of one layer too many
   */
  TensorRoles(WeightFiles files, Map<String, Shape> shapes, String embedding, String head) {
    this.files = files;
    boolean tied = !shapes.containsKey(head);
    Map<String, StoredTensor> tensors = files.tensors();
    Map<String, String> aliases = files.aliases();
    for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
      String name = entry.getKey();
      StoredTensor found = tensors.get(aliases.getOrDefault(name, name));
      if (found == null && tied && name.equals(embedding)) {
        found = tensors.get(head);
      }
      if (found == null) {
        throw new UnlearningException(
            "%s must hold the tensor %s, but has none%s"
                .formatted(
                    files.source(),
                    name,
                    name.equals(head) ? "; config.json does not tie it to the embedding" : ""));
      }
      check(found, entry.getValue());
      parameters.put(name, found);
      if (tensors.containsKey(name)) {
        roles.put(name, name);
      }
    }
    StoredTensor copy = tensors.get(head);
    if (tied && copy != null) {
      check(copy, verifyNotNull(shapes.get(embedding)));
      checkEqual(copy, values(embedding));
      roles.put(head, embedding);
    }
    parameters.forEach((name, stored) -> roles.putIfAbsent(stored.name(), name));
    checkLayers();
  }

  /** A layer that config.json does not count would be left out, and the model be another one. */
  private void checkLayers() {
    Set<String> forms = parameters.keySet().stream().map(TensorRoles::form).collect(toSet());
    files.tensors().keySet().stream()
        .filter(name -> !parameters.containsKey(name) && forms.contains(form(name)))
        .findFirst()
        .ifPresent(
            name -> {
              throw new UnlearningException(
                  "%s must hold the layers that config.json counts, but has one more: %s"
                      .formatted(files.source(), Shown.of(name)));
            });
  }

  /** Returns a tensor's name without the number of its layer. */
  private static String form(String name) {
    return LAYER.matcher(name).replaceAll(".#.");
  }

  private static void check(StoredTensor tensor, Shape shape) {
    long[] expected = shape.getShape();
    if (!Arrays.equals(tensor.shape(), expected)) {
      throw new UnlearningException(
          "%s: tensor %s must have shape %s as config.json says, but has %s"
              .formatted(
                  tensor.file(),
                  tensor.name(),
                  Arrays.toString(expected),
                  Arrays.toString(tensor.shape())));
    }
    if (!tensor.type().isWeight()) {
      throw new UnlearningException(
          "%s: tensor %s must be F32, F16 or BF16, but is %s"
              .formatted(tensor.file(), tensor.name(), tensor.type()));
    }
  }

  /** Python unties what differs; reading one of the two would be another model. */
  private static void checkEqual(StoredTensor head, StoredTensor embedding) {
    if (place(head).equals(place(embedding))) {
      return;
    }
    if (!equal(head, embedding)) {
      throw new UnlearningException(
          "%s: tensor %s must equal %s, to which config.json ties it, but differs; to use both,"
                  .formatted(head.file(), head.name(), embedding.name())
              + " say there that they are not tied (tie_word_embeddings)");
    }
  }

  /** Of one type, bytes say it as well, and need no second copy. */
  private static boolean equal(StoredTensor one, StoredTensor other) {
    try (NDManager manager = NDManager.newBaseManager(Device.cpu(), Torch.ENGINE);
        Mappings mappings = new Mappings()) {
      return one.type() == other.type()
          ? one.toBytes(manager, mappings).contentEquals(other.toBytes(manager, mappings))
          : one.toFloat32(manager, mappings).contentEquals(other.toFloat32(manager, mappings));
    }
  }

  /** Returns where the values of a parameter are. */
  StoredTensor values(String parameter) {
    return verifyNotNull(parameters.get(parameter), "no values for %s", parameter);
  }

  /**
   * Returns how the tensors are written back: each in the file and at the place it had. Tensors
   * that share a parameter's storage are left out and noted as aliases.
   *
   * @param manager keeps what is no parameter
   */
  SavedWeights toWrite(NDManager manager, Mappings mappings) {
    Map<StoredTensor, String> places = new HashMap<>();
    parameters.values().forEach(stored -> places.putIfAbsent(place(stored), stored.name()));
    List<SavedFile> saved = new ArrayList<>();
    for (Shard shard : files.shards()) {
      Map<String, String> metadata = new LinkedHashMap<>(shard.metadata());
      List<SavedTensor> tensors = new ArrayList<>();
      for (StoredTensor tensor : shard.tensors().values()) {
        String name = tensor.name();
        String sharer = places.getOrDefault(place(tensor), name);
        if (!sharer.equals(name) && !parameters.containsKey(name)) {
          metadata.put(name, sharer);
        } else if (roles.containsKey(name)) {
          tensors.add(new OfParameter(name, tensor.type(), verifyNotNull(roles.get(name))));
        } else {
          tensors.add(Kept.of(tensor, manager, mappings));
          logger.debug("{} is no parameter; kept as it is", name);
        }
      }
      parameters.forEach(
          (name, stored) -> {
            // An alias of another parameter; their values will no longer be the same.
            if (shard.tensors().containsKey(stored.name())
                && !name.equals(roles.get(stored.name()))) {
              tensors.add(new OfParameter(name, stored.type(), name));
              metadata.remove(name);
            }
          });
      saved.add(new SavedFile(fileName(shard.name(), saved.size() + 1), metadata, tensors));
    }
    return new SavedWeights(saved, files.indexMetadata());
  }

  private String fileName(String name, int number) {
    if (name.endsWith(WeightFiles.SAFETENSORS)) {
      return name;
    }
    return files.indexMetadata().isPresent()
        ? SavedWeights.shardName(number, files.shards().size())
        : WeightFiles.SINGLE;
  }

  private static StoredTensor place(StoredTensor tensor) {
    return new StoredTensor(
        "", tensor.file(), tensor.type(), tensor.dimensions(), tensor.strides(), tensor.position());
  }
}
