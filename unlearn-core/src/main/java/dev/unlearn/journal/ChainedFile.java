package dev.unlearn.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import com.google.common.hash.HashFunction;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Places;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A file of lines {@code <mac> <text>}, where each mac is over the one before it and the text: no
 * line can be changed, moved or dropped, but for the last ones.
 */
final class ChainedFile implements AutoCloseable {
  static final long MAX_BYTES = 1 << 30;
  private static final int MAC_LENGTH = 64;

  /** How a first line that was not written whole begins, with zeros where nothing was written. */
  private static final Pattern BEGINNING = Pattern.compile("[0-9a-f]{64} |[0-9a-f]{0,64}\\x00*\\z");

  private final Path file;
  private final HashFunction hmac;
  private final FileChannel channel;
  private final List<String> lines = new ArrayList<>();
  private String lastMac = "";
  private long end;
  private boolean broken;

  private ChainedFile(Path file, HashFunction hmac, FileChannel channel) {
    this.file = file;
    this.hmac = hmac;
    this.channel = channel;
  }

  /**
   * Reads the lines of a file, up to one at its end that was not written whole.
   *
   * @throws UnlearningException if it was changed, or written under another key
   */
  static ChainedFile open(Path file, HashFunction hmac) throws IOException {
    boolean isNew = !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE, LinkOption.NOFOLLOW_LINKS);
    try {
      if (isNew) {
        Places.forceParent(file);
      }
      if (channel.size() > MAX_BYTES) {
        throw Refusals.of(
            file, "must have at most %d bytes, but has %d".formatted(MAX_BYTES, channel.size()));
      }
      ChainedFile chained = new ChainedFile(file, hmac, channel);
      chained.read();
      return chained;
    } catch (IOException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  private void read() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(channel.size()));
    while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {}
    byte[] bytes = buffer.array();
    int size = buffer.position();
    int begin = 0;
    for (int i = 0; i < size; i++) {
      if (bytes[i] == '\n') {
        if (!add(Arrays.copyOfRange(bytes, begin, i))) {
          checkTorn(i + 1 == size);
          return;
        }
        begin = i + 1;
        end = begin;
      }
    }
    if (lines.isEmpty() && !BEGINNING.matcher(new String(bytes, 0, size, UTF_8)).lookingAt()) {
      throw unverified();
    }
  }

  private UnlearningException unverified() {
    return Refusals.of(
        file + " line 1",
        "cannot be verified: it was written for another model, or under another digestKey, or"
            + " was changed");
  }

  private void checkTorn(boolean last) {
    if (lines.isEmpty()) {
      throw unverified();
    }
    if (!last) {
      throw Refusals.of(file + " line " + (lines.size() + 1), "was changed");
    }
  }

  private boolean add(byte[] line) {
    if (line.length <= MAC_LENGTH || line[MAC_LENGTH] != ' ') {
      return false;
    }
    byte[] text = Arrays.copyOfRange(line, MAC_LENGTH + 1, line.length);
    String mac = mac(text);
    if (!MessageDigest.isEqual(mac.getBytes(UTF_8), Arrays.copyOf(line, MAC_LENGTH))) {
      return false;
    }
    lines.add(new String(text, UTF_8));
    lastMac = mac;
    return true;
  }

  private String mac(byte[] text) {
    return hmac.newHasher().putBytes(lastMac.getBytes(UTF_8)).putBytes(text).hash().toString();
  }

  List<String> lines() {
    return lines;
  }

  /** Cuts off what follows the last whole line. */
  void truncate() throws IOException {
    if (channel.size() > end) {
      FileChannel unused = channel.truncate(end);
      channel.force(true);
    }
  }

  /**
   * Writes a line and waits until it is on the disk. After a failure it is not there, or, if even
   * that cannot be had, nothing more can be appended.
   */
  void append(String text) throws IOException {
    if (broken) {
      throw new IOException("its last line could not be taken back after a failure");
    }
    byte[] bytes = text.getBytes(UTF_8);
    String mac = mac(bytes);
    ByteBuffer line = ByteBuffer.wrap((mac + " " + text + "\n").getBytes(UTF_8));
    if (end + line.remaining() > MAX_BYTES) {
      throw new IOException("it must have at most %d bytes".formatted(MAX_BYTES));
    }
    broken = true;
    try {
      long position = end;
      while (line.hasRemaining()) {
        position += channel.write(line, position);
      }
      channel.force(true);
      end = position;
      lastMac = mac;
      broken = false;
    } catch (IOException | RuntimeException | Error e) {
      takeBack(e);
      throw e;
    }
  }

  /** An interrupt closes the channel: then the failure to be told is still the first one. */
  private void takeBack(Throwable failure) {
    try {
      truncate();
      broken = false;
    } catch (IOException | RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /** Returns whether a failed line may be on the disk. */
  boolean isBroken() {
    return broken;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
