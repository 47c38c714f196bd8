package dev.unlearn.journal;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.READ;

import ai.djl.ndarray.NDArray;
import com.google.common.hash.HashFunction;
import com.google.common.hash.Hasher;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Places;
import dev.unlearn.model.safetensors.SafetensorsWriter;
import dev.unlearn.model.safetensors.SafetensorsWriter.Tensor;
import dev.unlearn.model.tensor.ElementType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Writes and checks the files of arrays in a work directory. */
final class StateFiles {
  private static final int BUFFER_BYTES = 1 << 22;

  private final WorkDirectory directory;
  private final HashFunction hmac;

  StateFiles(WorkDirectory directory, HashFunction hmac) {
    this.directory = directory;
    this.hmac = hmac;
  }

  /** Writes arrays whole or not at all. */
  StateReference write(String name, Map<String, NDArray> arrays) {
    Path file = directory.resolve(name);
    Path part = directory.resolve(name + ".tmp");
    // Wider types first, so that every array is aligned and can be mapped.
    List<Tensor> tensors =
        arrays.entrySet().stream()
            .map(entry -> Tensor.of(entry.getKey(), entry.getValue()))
            .sorted(
                Comparator.comparingInt(tensor -> -ElementType.valueOf(tensor.dataType()).size()))
            .toList();
    try {
      boolean unused = Files.deleteIfExists(part);
      SafetensorsWriter.write(part, Map.of(), tensors);
      StateReference reference = new StateReference(name, mac(part));
      Path unusedPath = Files.move(part, file, ATOMIC_MOVE);
      Places.forceParent(file);
      return reference;
    } catch (IOException e) {
      delete(part);
      throw Places.cannotWrite("file", file, e);
    } catch (UnlearningException e) {
      throw e.getCause() instanceof IOException cause ? Places.cannotWrite("file", file, cause) : e;
    }
  }

  /**
   * Checks every byte of a file.
   *
   * @throws UnlearningException if it is missing or was changed, or cannot be read
   */
  StoredState verify(StateReference reference) {
    Path file = directory.resolve(reference.name());
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw Refusals.of(file, "must be a file, as the journal names it, but is missing or no file");
    }
    try {
      if (!mac(file).equals(reference.mac())) {
        throw Refusals.of(file, "must be as the journal tells, but was changed or cut off");
      }
    } catch (IOException e) {
      throw Places.cannotRead("file", file, e);
    }
    return new StoredState(file);
  }

  /** Deletes a file that is no longer needed; what stays is deleted at the next opening. */
  void delete(Path file) {
    try {
      boolean unused = Files.deleteIfExists(file);
    } catch (IOException e) {
      Journal.logger.warn("cannot delete {}", file, e);
    }
  }

  private String mac(Path file) throws IOException {
    Hasher hasher = hmac.newHasher();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (FileChannel channel = FileChannel.open(file, READ)) {
      while (channel.read(buffer) >= 0) {
        Hasher unused = hasher.putBytes(buffer.flip());
        buffer.clear();
      }
    }
    return hasher.hash().toString();
  }
}
