package dev.unlearn.model.safetensors;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;

import ai.djl.ndarray.NDArray;
import com.google.gson.stream.JsonWriter;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.TensorBytes;
import dev.unlearn.model.tensor.ElementType;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes safetensors files, tensor by tensor in the order given, without holes between them. The
 * data begins at a multiple of 8 bytes, so every tensor is aligned if wider types come first.
 */
public final class SafetensorsWriter {
  private static final int ALIGNMENT = 8;

  private SafetensorsWriter() {}

  /** Writes the bytes of one tensor, little-endian, in as many pieces as it likes. */
  @FunctionalInterface
  public interface Source {

    /** Called once, in the order of the tensors. */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * A tensor to write.
   *
   * @param name its name, not {@code __metadata__}
   * @param dataType the element type in the format's own words, for instance {@code "F32"}
   * @param dimensions the shape; empty for a scalar
   * @param source writes exactly as many bytes as type and shape need
   */
  public record Tensor(String name, String dataType, List<Long> dimensions, Source source) {

    /**
     * Checks type and shape.
     *
     * @throws IllegalArgumentException if the type is unknown, a dimension negative or the name
     *     reserved
     */
    public Tensor {
      dimensions = List.copyOf(dimensions);
      checkArgument(
          !name.equals(SafetensorsHeader.METADATA), "a tensor must not be named %s", name);
      checkArgument(
          ElementType.of(dataType).isPresent(),
          "dataType of %s must be one of %s, but was: %s",
          name,
          Arrays.toString(ElementType.values()),
          dataType);
      checkArgument(
          dimensions.stream().allMatch(dimension -> dimension >= 0),
          "dimensions of %s must be >= 0, but were: %s",
          name,
          dimensions);
    }

    /**
     * Returns a tensor of an array's values. The array is read in slices while the file is written,
     * and stays the caller's; nothing is attached to its manager when writing is over.
     *
     * @throws IllegalArgumentException if the array's type has no place in the format
     */
    public static Tensor of(String name, NDArray array) {
      ElementType type =
          ElementType.of(array.getDataType())
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "array %s must be of a type that can be written, but is %s"
                              .formatted(name, array.getDataType())));
      return of(name, type, dimensions(array), array);
    }

    /**
     * Returns a tensor of an array's values in another type, rounded to the nearest, ties to even.
     * The array is read as {@link #of(String, NDArray)} reads it, so no second copy is made.
     *
     * @param array float32
     * @param type F32, F16 or BF16; writing fails with an {@link UnlearningException} if a value is
     *     too large for it
     */
    public static Tensor of(String name, NDArray array, ElementType type) {
      return new Tensor(
          name,
          type.name(),
          dimensions(array),
          channel -> Rounding.forEach(name, array, type, slice -> writeFully(channel, slice)));
    }

    /**
     * Returns a tensor whose bytes are those of an array of another type or shape; the array is
     * read as {@link #of(String, NDArray)} reads it.
     */
    public static Tensor of(String name, ElementType type, List<Long> dimensions, NDArray bytes) {
      return new Tensor(
          name,
          type.name(),
          dimensions,
          channel -> TensorBytes.forEach(bytes, slice -> writeFully(channel, slice)));
    }

    private static List<Long> dimensions(NDArray array) {
      return Arrays.stream(array.getShape().getShape()).boxed().toList();
    }

    /** Returns how many bytes type and shape need. */
    public long byteCount() {
      return ElementType.valueOf(dataType).byteCount(dimensions);
    }
  }

  /**
   * Writes a new file and waits until it is on the disk. After a failure there is no file.
   *
   * @param metadata strings for {@code __metadata__}; Python's transformers expects {@code format =
   *     pt}
   * @throws IllegalArgumentException if the file exists or two tensors have one name
   * @throws UnlearningException if it cannot be written, or a source gives too few or too many
   *     bytes
   */
  public static void write(Path file, Map<String, String> metadata, List<Tensor> tensors) {
    Set<String> names = new HashSet<>();
    for (Tensor tensor : tensors) {
      checkArgument(names.add(tensor.name()), "two tensors are named %s", tensor.name());
    }
    try {
      ByteBuffer header = header(metadata, tensors);
      FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE);
      boolean complete = false;
      try (channel) {
        writeFully(channel, header);
        for (Tensor tensor : tensors) {
          write(channel, file, tensor);
        }
        channel.force(true);
        complete = true;
      } finally {
        if (!complete) {
          Files.deleteIfExists(file);
        }
      }
    } catch (FileAlreadyExistsException e) {
      throw new IllegalArgumentException("file must be new, but exists: " + file, e);
    } catch (IOException e) {
      throw new UnlearningException("cannot write " + file, e);
    }
  }

  private static void write(FileChannel channel, Path file, Tensor tensor) throws IOException {
    TensorChannel checked = new TensorChannel(channel, file, tensor);
    tensor.source().writeTo(checked);
    if (checked.left > 0) {
      throw checked.wrong(tensor.byteCount() - checked.left);
    }
  }

  private static ByteBuffer header(Map<String, String> metadata, List<Tensor> tensors)
      throws IOException {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      json.beginObject();
      if (!metadata.isEmpty()) {
        json.name(SafetensorsHeader.METADATA).beginObject();
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
          json.name(entry.getKey()).value(entry.getValue());
        }
        json.endObject();
      }
      long begin = 0;
      for (Tensor tensor : tensors) {
        long end = Math.addExact(begin, tensor.byteCount());
        json.name(tensor.name()).beginObject();
        json.name("dtype").value(tensor.dataType());
        json.name("shape").beginArray();
        for (long dimension : tensor.dimensions()) {
          json.value(dimension);
        }
        json.endArray();
        json.name("data_offsets").beginArray().value(begin).value(end).endArray();
        json.endObject();
        begin = end;
      }
      json.endObject();
    }
    byte[] bytes = text.toString().getBytes(UTF_8);
    int padding = Math.floorMod(-bytes.length, ALIGNMENT);
    ByteBuffer header =
        ByteBuffer.allocate(Long.BYTES + bytes.length + padding).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(bytes.length + padding).put(bytes);
    while (header.hasRemaining()) {
      header.put((byte) ' ');
    }
    return header.flip();
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Lets the bytes of one tensor through and no more. */
  private static final class TensorChannel implements WritableByteChannel {
    private final WritableByteChannel target;
    private final Path file;
    private final Tensor tensor;
    private long left;

    TensorChannel(WritableByteChannel target, Path file, Tensor tensor) {
      this.target = target;
      this.file = file;
      this.tensor = tensor;
      this.left = tensor.byteCount();
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      if (bytes.remaining() > left) {
        throw wrong("more");
      }
      int written = target.write(bytes);
      left -= written;
      return written;
    }

    UnlearningException wrong(Object written) {
      return new UnlearningException(
          "%s: tensor %s must have %d bytes, but its source wrote %s"
              .formatted(file, tensor.name(), tensor.byteCount(), written));
    }

    @Override
    public boolean isOpen() {
      return target.isOpen();
    }

    @Override
    public void close() {}
  }
}
