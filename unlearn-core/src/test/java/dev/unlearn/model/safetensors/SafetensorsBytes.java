package dev.unlearn.model.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Safetensors files byte by byte, written without the library's writer. */
final class SafetensorsBytes {
  private SafetensorsBytes() {}

  /** Writes the length of the header, the header and the data. */
  static Path write(Path folder, String header, byte... data) {
    byte[] json = header.getBytes(UTF_8);
    return writeRaw(folder, length(json.length), json, data);
  }

  static Path writeRaw(Path folder, byte[]... parts) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      bytes.writeBytes(part);
    }
    try {
      Path file = folder.resolve("m.safetensors");
      Files.deleteIfExists(file); // Some file systems wait for the disk when a file is overwritten.
      return Files.write(file, bytes.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] length(long length) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
  }

  static byte[] floats(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return bytes.array();
  }
}
