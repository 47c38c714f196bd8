package dev.unlearn.model.torchfile;

import com.google.errorprone.annotations.FormatMethod;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Shown;
import dev.unlearn.internal.Utf8;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A zip whose entries are stored as they are, so that each is a range of the file; {@code
 * java.util.zip} does not say which. Entries and files beyond 4 GiB (zip64) are read.
 *
 * <p>Stricter than zip in general, and true of what PyTorch writes: no comment at the end, no gap
 * behind the directory, no overlap, no name twice, and the header before an entry must agree with
 * the directory.
 */
final class StoredZip {
  /** Room for more storages than the pickle may have. */
  static final int MAX_DIRECTORY_BYTES = 1 << 24;

  private static final int END_BYTES = 22;
  private static final int LOCATOR_BYTES = 20;
  private static final int END64_BYTES = 56;
  private static final int DIRECTORY_HEADER_BYTES = 46;
  private static final int LOCAL_HEADER_BYTES = 30;

  private static final int END = 0x06054b50;
  private static final int LOCATOR = 0x07064b50;
  private static final int END64 = 0x06064b50;
  private static final int DIRECTORY_HEADER = 0x02014b50;
  private static final int LOCAL_HEADER = 0x04034b50;
  private static final int ZIP64_FIELD = 1;

  /** Flags of encryption: plain, strong, and of the directory. */
  private static final int ENCRYPTED = 1 | 1 << 6 | 1 << 13;

  private static final int SIZES_FOLLOW_CONTENT = 1 << 3;

  /** What 32 bits say when 64 bits elsewhere hold the number. */
  private static final long SATURATED = 0xffffffffL;

  private final String where;
  private final FileChannel channel;
  private final Map<String, Entry> entries;

  /**
   * An entry.
   *
   * @param header where its header begins, in bytes from the start of the file
   * @param begin where its content begins
   * @param end where its content ends, exclusive
   */
  record Entry(String name, long header, long begin, long end) {
    long size() {
      return end - begin;
    }
  }

  private record Directory(long begin, long end, long count) {}

  private StoredZip(String where, FileChannel channel) throws IOException {
    this.where = where;
    this.channel = channel;
    this.entries = readEntries();
  }

  /**
   * Reads and checks the directory of a zip; {@code where} names the file in errors.
   *
   * @throws UnlearningException if it breaks a rule
   */
  static StoredZip open(String where, FileChannel channel) throws IOException {
    return new StoredZip(where, channel);
  }

  /** Returns the entries by name, in the order of the directory. */
  Map<String, Entry> entries() {
    return entries;
  }

  /** Reads the content of an entry, which may have up to {@code limit} bytes. */
  ByteBuffer content(Entry entry, int limit) throws IOException {
    if (entry.size() > limit) {
      throw error(
          "entry %s must have at most %d bytes, but has %d",
          Shown.of(entry.name), limit, entry.size());
    }
    return bytes(entry.begin, (int) entry.size());
  }

  private Map<String, Entry> readEntries() throws IOException {
    Directory directory = directory();
    ByteBuffer headers = bytes(directory.begin, (int) (directory.end - directory.begin));
    List<Entry> ordered = new ArrayList<>();
    Map<String, Entry> result = new LinkedHashMap<>();
    for (long i = 0; i < directory.count; i++) {
      Entry entry = entry(headers, directory.begin);
      ordered.add(entry);
      if (result.put(entry.name, entry) != null) {
        throw error("a zip must hold each entry once, but has %s twice", Shown.of(entry.name));
      }
    }
    if (headers.hasRemaining()) {
      throw error("the zip's directory must end after its last entry, but does not");
    }
    ordered.sort(Comparator.comparingLong(Entry::header));
    for (int i = 1; i < ordered.size(); i++) {
      if (ordered.get(i).header < ordered.get(i - 1).end) {
        throw error(
            "entries must not overlap, but %s ends at %d and %s begins at %d",
            Shown.of(ordered.get(i - 1).name),
            ordered.get(i - 1).end,
            Shown.of(ordered.get(i).name),
            ordered.get(i).header);
      }
    }
    return Collections.unmodifiableMap(result);
  }

  private Directory directory() throws IOException {
    long position = channel.size() - END_BYTES;
    ByteBuffer end = position < 0 ? ByteBuffer.allocate(END_BYTES) : bytes(position, END_BYTES);
    if (end.getInt(0) != END || unsignedShort(end, 20) != 0) {
      throw error("a zip must end with its directory, but does not; the file is cut off");
    }
    long count = unsignedShort(end, 10);
    long size = unsignedInt(end, 12);
    long begin = unsignedInt(end, 16);
    long directoryEnd = position;
    if (position >= LOCATOR_BYTES + END64_BYTES
        && bytes(position - LOCATOR_BYTES, LOCATOR_BYTES).getInt(0) == LOCATOR) {
      directoryEnd = position - LOCATOR_BYTES - END64_BYTES;
      ByteBuffer end64 = bytes(directoryEnd, END64_BYTES + LOCATOR_BYTES);
      if (end64.getInt(0) != END64
          || end64.getLong(4) != END64_BYTES - 12
          || end64.getLong(END64_BYTES + 8) != directoryEnd
          || !agree(count, 0xffff, end64.getLong(32))
          || !agree(size, SATURATED, end64.getLong(40))
          || !agree(begin, SATURATED, end64.getLong(48))) {
        throw error("the zip's two ends, of 32 and of 64 bits, must agree, but do not");
      }
      count = end64.getLong(32);
      size = end64.getLong(40);
      begin = end64.getLong(48);
    }
    if (size < 0 || size > MAX_DIRECTORY_BYTES) {
      throw error(
          "the zip's directory must have at most %d bytes, but has %s",
          MAX_DIRECTORY_BYTES, Long.toUnsignedString(size));
    }
    if (begin != directoryEnd - size) {
      throw error(
          "the zip's directory must begin at %d, but begins at %s",
          directoryEnd - size, Long.toUnsignedString(begin));
    }
    return new Directory(begin, directoryEnd, count);
  }

  private static boolean agree(long narrow, long saturated, long wide) {
    return narrow == wide || narrow == saturated;
  }

  /** Reads the next header of the directory, and checks the header before the content. */
  private Entry entry(ByteBuffer headers, long directoryBegin) throws IOException {
    ByteBuffer header = next(headers, DIRECTORY_HEADER_BYTES);
    if (header.getInt(0) != DIRECTORY_HEADER) {
      throw error("the zip's directory must be a list of entries, but is not");
    }
    int flags = unsignedShort(header, 8);
    byte[] nameBytes = new byte[unsignedShort(header, 28)];
    next(headers, nameBytes.length).get(nameBytes);
    String name = Utf8.decode(where + ": the name of an entry", nameBytes);
    String shown = Shown.of(name);
    ByteBuffer extra = next(headers, unsignedShort(header, 30));
    ByteBuffer unusedComment = next(headers, unsignedShort(header, 32));
    if ((flags & ENCRYPTED) != 0) {
      throw error("entry %s must be readable, but is encrypted", shown);
    }
    if (unsignedShort(header, 10) != 0) {
      throw error(
          "entry %s must be stored as it is, but is compressed by method %d; only files as"
              + " torch.save writes them can be mapped",
          shown, unsignedShort(header, 10));
    }
    ByteBuffer wide = zip64(extra);
    long size32 = unsignedInt(header, 24);
    long size = widened(shown, size32, wide);
    long stored = widened(shown, unsignedInt(header, 20), wide);
    long position = widened(shown, unsignedInt(header, 42), wide);
    if (size != stored) {
      throw error(
          "entry %s must be stored as it is, but %s bytes became %s",
          shown, Long.toUnsignedString(size), Long.toUnsignedString(stored));
    }
    int headerBytes = LOCAL_HEADER_BYTES + nameBytes.length;
    if (position < 0 || position > directoryBegin - headerBytes) {
      throw error(
          "entry %s must begin before the directory at %d, but begins at %s",
          shown, directoryBegin, Long.toUnsignedString(position));
    }
    ByteBuffer local = bytes(position, headerBytes);
    if (local.getInt(0) != LOCAL_HEADER
        || unsignedShort(local, 6) != flags
        || unsignedShort(local, 8) != 0
        || !isSize(local, 18, size32, flags)
        || !isSize(local, 22, size32, flags)
        || unsignedShort(local, 26) != nameBytes.length
        || !local.position(LOCAL_HEADER_BYTES).equals(ByteBuffer.wrap(nameBytes))) {
      throw error("entry %s must be headed as the directory says, but is not", shown);
    }
    long begin = position + headerBytes + unsignedShort(local, 28);
    if (size < 0 || size > directoryBegin - begin) {
      throw error(
          "entry %s must end before the directory at %d, but begins at %d and has %s bytes",
          shown, directoryBegin, begin, Long.toUnsignedString(size));
    }
    return new Entry(name, position, begin, begin + size);
  }

  private static boolean isSize(ByteBuffer local, int index, long size32, int flags) {
    long said = unsignedInt(local, index);
    return said == size32
        || said == SATURATED
        || (said == 0 && (flags & SIZES_FOLLOW_CONTENT) != 0);
  }

  /** Returns the numbers of 64 bits among an entry's further fields; empty if there are none. */
  private ByteBuffer zip64(ByteBuffer extra) {
    while (extra.hasRemaining()) {
      ByteBuffer field = next(extra, 4);
      ByteBuffer content = next(extra, unsignedShort(field, 2));
      if (unsignedShort(field, 0) == ZIP64_FIELD) {
        return content;
      }
    }
    return extra;
  }

  private long widened(String shown, long narrow, ByteBuffer wide) {
    if (narrow != SATURATED) {
      return narrow;
    }
    if (wide.remaining() < Long.BYTES) {
      throw error("entry %s must give its numbers of 64 bits, but does not", shown);
    }
    return wide.getLong();
  }

  private ByteBuffer next(ByteBuffer from, int count) {
    if (count > from.remaining()) {
      throw error("the zip's directory must hold all of its entries, but is cut off");
    }
    ByteBuffer slice = from.slice(from.position(), count).order(ByteOrder.LITTLE_ENDIAN);
    from.position(from.position() + count);
    return slice;
  }

  private static int unsignedShort(ByteBuffer bytes, int index) {
    return Short.toUnsignedInt(bytes.getShort(index));
  }

  private static long unsignedInt(ByteBuffer bytes, int index) {
    return Integer.toUnsignedLong(bytes.getInt(index));
  }

  private ByteBuffer bytes(long position, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("the file ends at " + (position + buffer.position()));
      }
    }
    return buffer.flip();
  }

  @FormatMethod
  private UnlearningException error(String message, Object... values) {
    return new UnlearningException(where + ": " + message.formatted(values));
  }
}
