package dev.unlearn.model.safetensors;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Utf8;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A safetensors file, mapped tensor by tensor, so its size is limited by the disk only.
 *
 * <p>Opening reads and checks the header: every defect of it is an {@link UnlearningException} that
 * names the file, the tensor, the rule and what was found. Holes between tensors are accepted.
 *
 * <p>Mappings stay valid after {@link #close}. They are private: writing into them, or into arrays
 * over them, never changes the file. As long as one is in use, nobody may shorten the file. A file
 * this process may not write to can only be mapped for reading; arrays of it are copies.
 *
 * <p>Instances are thread-safe.
 */
public final class SafetensorsFile implements AutoCloseable {
  /** The limit of the format's own readers. */
  static final int MAX_HEADER_BYTES = 100_000_000;

  private final Path file;
  private final FileChannel channel;
  private final MapMode mode;
  private final long dataStart;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path file, FileChannel channel, MapMode mode) throws IOException {
    this.file = file;
    this.channel = channel;
    this.mode = mode;
    int headerLength = headerLength(file, channel);
    this.dataStart = (long) Long.BYTES + headerLength;
    String json =
        Utf8.decode(file + ": the header", read(channel, Long.BYTES, headerLength).array());
    this.header = SafetensorsHeader.parse(file.toString(), json, channel.size() - dataStart);
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws UnlearningException if there is no such file, or it breaks a rule of the format
   */
  public static SafetensorsFile open(Path file) {
    // The JDK maps copy-on-write only through a channel that may write.
    return open(file, Files.isWritable(file) ? MapMode.PRIVATE : MapMode.READ_ONLY);
  }

  static SafetensorsFile open(Path file, MapMode mode) {
    if (!Files.isRegularFile(file)) {
      throw new UnlearningException(file + " must be a file, but is none");
    }
    Set<OpenOption> options = mode == MapMode.PRIVATE ? Set.of(READ, WRITE) : Set.of(READ);
    try {
      FileChannel channel = FileChannel.open(file, options);
      try {
        return new SafetensorsFile(file, channel, mode);
      } catch (IOException | RuntimeException | Error e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UnlearningException("cannot read " + file, e);
    }
  }

  /** Returns the strings under {@code __metadata__}; empty if the file has none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** Returns the tensors by name, in the order of their bytes in the file. */
  public Map<String, TensorEntry> tensors() {
    return header.tensors();
  }

  /**
   * Maps the bytes of one tensor, and no others. The result is direct and little-endian; the memory
   * goes back when nothing refers to it any more.
   *
   * @throws IllegalArgumentException if there is no such tensor
   * @throws UnlearningException if it has more than 2³¹ − 1 bytes, or cannot be mapped
   */
  public ByteBuffer map(String name) {
    TensorEntry entry = entry(name);
    if (entry.byteCount() > Integer.MAX_VALUE) {
      throw new UnlearningException(
          "%s: tensor %s must have at most %d bytes, the most that can be mapped, but has %d"
              .formatted(file, name, Integer.MAX_VALUE, entry.byteCount()));
    }
    try {
      // A private mapping beyond the end would make the JDK lengthen the file.
      if (channel.size() < dataStart + entry.end()) {
        throw new EOFException("the file has become shorter since it was opened");
      }
      return channel
          .map(mode, dataStart + entry.begin(), entry.byteCount())
          .order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new UnlearningException("cannot map tensor %s of %s".formatted(name, file), e);
    }
  }

  /**
   * Returns one tensor as an array of the given manager. On a CPU the array works on the mapping
   * itself; only where the file is read-only, or the tensor's position does not suit its type, are
   * the bytes copied.
   *
   * @throws IllegalArgumentException if there is no such tensor
   * @throws UnlearningException as {@link #map}, or if the engine has no arrays of its type
   */
  public NDArray array(NDManager manager, String name) {
    TensorEntry entry = entry(name);
    ElementType type = ElementType.of(entry.dataType()).orElseThrow();
    Optional<DataType> djlType = type.djlType();
    if (djlType.isEmpty()) {
      throw new UnlearningException(
          "%s: tensor %s must be of a type the engine has arrays of, but is %s"
              .formatted(file, name, type));
    }
    ByteBuffer bytes = map(name);
    if ((dataStart + entry.begin()) % type.size() != 0) {
      bytes = ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip();
      bytes.order(ByteOrder.LITTLE_ENDIAN);
    }
    Shape shape = new Shape(entry.shape());
    if (!bytes.isReadOnly()) {
      return manager.create(bytes, shape, djlType.get());
    }
    try (NDManager scope = manager.newSubManager()) {
      // Writing into an array over a read-only mapping would end the JVM.
      NDArray copy = scope.create(bytes, shape, djlType.get()).duplicate();
      copy.attach(manager);
      return copy;
    }
  }

  /** Closes the file; what was mapped stays valid. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UnlearningException("cannot close " + file, e);
    }
  }

  private TensorEntry entry(String name) {
    TensorEntry entry = header.tensors().get(name);
    if (entry == null) {
      throw new IllegalArgumentException("%s has no tensor named %s".formatted(file, name));
    }
    return entry;
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
