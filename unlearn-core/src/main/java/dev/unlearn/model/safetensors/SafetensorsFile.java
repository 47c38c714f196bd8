package dev.unlearn.model.safetensors;

import static java.nio.file.StandardOpenOption.READ;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Utf8;
import dev.unlearn.model.tensor.StoredTensor;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What stands where in a safetensors file, as its header says; the file itself is not kept open.
 *
 * <p>Every defect of the header is an {@link UnlearningException} that names the file, the tensor,
 * the rule and what was found. Holes between tensors are accepted.
 */
public final class SafetensorsFile {
  /** The limit of the format's own readers. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  private final Path file;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path file, SafetensorsHeader header) {
    this.file = file;
    this.header = header;
  }

  /**
   * Reads and checks the header of a file.
   *
   * @throws UnlearningException if there is no such file, or it breaks a rule of the format
   */
  public static SafetensorsFile read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UnlearningException(file + " must be a file, but is none");
    }
    try (FileChannel channel = FileChannel.open(file, READ)) {
      int length = headerLength(file, channel);
      byte[] json = read(channel, Long.BYTES, length).array();
      return new SafetensorsFile(
          file,
          SafetensorsHeader.parse(
              file,
              Utf8.decode(file + ": the header", json),
              (long) Long.BYTES + length,
              channel.size()));
    } catch (IOException e) {
      throw new UnlearningException("cannot read " + file, e);
    }
  }

  /** Returns the strings under {@code __metadata__}; empty if the file has none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** Returns the tensors by name, in the order of their bytes in the file. */
  public Map<String, StoredTensor> tensors() {
    return header.tensors();
  }

  /**
   * Returns one tensor as an array of its own type; see {@link StoredTensor#toArray}.
   *
   * @throws IllegalArgumentException if there is no such tensor
   * @throws UnlearningException if the engine has no arrays of its type, or it cannot be mapped
   */
  public NDArray array(NDManager manager, String name) {
    StoredTensor tensor = header.tensors().get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("%s has no tensor named %s".formatted(file, name));
    }
    return tensor.toArray(manager);
  }

  private static int headerLength(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < Long.BYTES) {
      throw new UnlearningException(
          "%s must begin with the %d bytes of its header's length, but has %d in all"
              .formatted(file, Long.BYTES, size));
    }
    long length = read(channel, 0, Long.BYTES).getLong();
    if (length < 0 || length > MAX_HEADER_BYTES) {
      throw new UnlearningException(
          "%s: the header must have at most %d bytes, but its length is given as %s"
              .formatted(file, MAX_HEADER_BYTES, Long.toUnsignedString(length)));
    }
    if (length > size - Long.BYTES) {
      throw new UnlearningException(
          "%s: the header must end within the file's %d bytes, but its length is given as %d"
              .formatted(file, size, length));
    }
    return (int) length;
  }

  private static ByteBuffer read(FileChannel channel, long position, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("the file ends at " + (position + buffer.position()));
      }
    }
    return buffer.flip();
  }
}
