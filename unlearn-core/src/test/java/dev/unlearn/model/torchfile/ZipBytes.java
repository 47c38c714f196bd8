package dev.unlearn.model.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Zips header by header, as PyTorch writes them: zip64 at the end, sizes behind the contents. */
final class ZipBytes {
  private static final long SATURATED = 0xffffffffL;

  private final List<Part> parts = new ArrayList<>();
  private boolean zip64End = true;

  /** An entry; a hole of so many zeros comes before the content. */
  private record Part(String name, long hole, ByteBuffer content) {
    long size() {
      return hole + content.capacity();
    }
  }

  /** Returns a file as torch.save would write it: a pickle, and storages {@code 0}, {@code 1}... */
  static ZipBytes of(byte[] pickle, byte[]... storages) {
    ZipBytes zip = new ZipBytes().entry("m/data.pkl", pickle);
    for (int i = 0; i < storages.length; i++) {
      zip.entry("m/data/" + i, storages[i]);
    }
    return zip.entry("m/version", "3\n".getBytes(UTF_8));
  }

  @CanIgnoreReturnValue
  ZipBytes entry(String name, byte... content) {
    return sparse(name, 0, content);
  }

  @CanIgnoreReturnValue
  ZipBytes sparse(String name, long hole, byte... content) {
    parts.add(new Part(name, hole, ByteBuffer.wrap(content)));
    return this;
  }

  @CanIgnoreReturnValue
  ZipBytes withoutZip64End() {
    zip64End = false;
    return this;
  }

  Path write(Path file) {
    try (FileChannel channel = FileChannel.open(file, CREATE, TRUNCATE_EXISTING, SPARSE, WRITE)) {
      List<ByteBuffer> directory = new ArrayList<>();
      for (Part part : parts) {
        long position = channel.position();
        put(channel, header(part, position, false));
        channel.position(channel.position() + part.hole);
        put(channel, part.content.duplicate());
        directory.add(header(part, position, true));
      }
      long begin = channel.position();
      for (ByteBuffer header : directory) {
        put(channel, header);
      }
      put(channel, end(begin, channel.position()));
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ByteBuffer header(Part part, long position, boolean inDirectory) {
    byte[] name = part.name.getBytes(UTF_8);
    ByteBuffer extra =
        inDirectory
            ? extra(part.size(), position)
            : ByteBuffer.wrap(new byte[] {'F', 'B', 1, 0, 'Z'});
    ByteBuffer bytes = buffer((inDirectory ? 46 : 30) + name.length + extra.remaining());
    bytes.putInt(inDirectory ? 0x02014b50 : 0x04034b50);
    if (inDirectory) {
      bytes.putShort((short) 0);
    }
    long said = inDirectory ? Math.min(part.size(), SATURATED) : 0;
    bytes.putShort((short) 0).putShort((short) 0x808).putShort((short) 0).putInt(0).putInt(0);
    bytes.putInt((int) said).putInt((int) said);
    bytes.putShort((short) name.length).putShort((short) extra.remaining());
    if (inDirectory) {
      bytes.putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
      bytes.putInt((int) Math.min(position, SATURATED));
    }
    return bytes.put(name).put(extra).flip();
  }

  private static ByteBuffer extra(long size, long position) {
    ByteBuffer wide = buffer(24);
    if (size >= SATURATED) {
      wide.putLong(size).putLong(size);
    }
    if (position >= SATURATED) {
      wide.putLong(position);
    }
    wide.flip();
    if (!wide.hasRemaining()) {
      return wide;
    }
    int length = wide.remaining();
    ByteBuffer extra = buffer(8 + length).putShort((short) 77).putShort((short) 0);
    return extra.putShort((short) 1).putShort((short) length).put(wide).flip();
  }

  private ByteBuffer end(long begin, long end) {
    ByteBuffer bytes = buffer(98);
    if (zip64End) {
      bytes.putInt(0x06064b50).putLong(44).putInt(0).putInt(0).putInt(0);
      bytes.putLong(parts.size()).putLong(parts.size()).putLong(end - begin).putLong(begin);
      bytes.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
    }
    bytes.putInt(0x06054b50).putInt(0);
    bytes.putShort((short) parts.size()).putShort((short) parts.size());
    bytes.putInt((int) (end - begin)).putInt((int) Math.min(begin, SATURATED)).putShort((short) 0);
    return bytes.flip();
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void put(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      int unused = channel.write(bytes);
    }
  }
}
