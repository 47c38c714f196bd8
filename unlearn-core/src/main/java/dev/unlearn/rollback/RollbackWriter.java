package dev.unlearn.rollback;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import dev.unlearn.internal.Places;
import dev.unlearn.model.WeightsDigest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Writes a rollback file: its header, then the difference in order of the names. */
final class RollbackWriter {
  private final Map<String, NDArray> original;
  private final Map<String, NDArray> now;

  RollbackWriter(Map<String, NDArray> original, Map<String, NDArray> now) {
    this.original = original;
    this.now = now;
    checkArgument(!now.isEmpty(), "now must have weights, but has none");
    checkArgument(
        original.keySet().equals(now.keySet()),
        "original and now must have the same names, but differ");
    now.forEach(
        (name, array) ->
            checkArgument(
                array.getShape().equals(before(name).getShape())
                    && array.getDataType() == before(name).getDataType(),
                "original and now must have the same shapes and types, but differ in: %s",
                name));
  }

  private NDArray before(String name) {
    return requireNonNull(original.get(name));
  }

  void write(Path place, byte[] key, Instant expires) throws IOException, GeneralSecurityException {
    byte[] salt = new byte[Header.SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    FileKeys keys = new FileKeys(key, salt);
    Header header =
        Header.of(
            expires,
            bytes(),
            salt,
            keys.check(),
            WeightsDigest.of(now),
            WeightsDigest.of(original));
    Path beside = Places.sibling(place, "tmp");
    try {
      try (FileChannel channel =
          FileChannel.open(beside, Set.of(CREATE_NEW, WRITE), ownerOnly(place))) {
        write(channel, keys, header);
        channel.force(true);
      }
      Path unused = Files.move(beside, place);
    } finally {
      boolean unused = Files.deleteIfExists(beside);
    }
    Places.forceParent(place);
  }

  private void write(FileChannel channel, FileKeys keys, Header header)
      throws IOException, GeneralSecurityException {
    ByteBuffer begin = ByteBuffer.wrap(header.bytes());
    while (begin.hasRemaining()) {
      int unused = channel.write(begin);
    }
    SealedWriter out = new SealedWriter(channel, keys, header);
    Differences differences = new Differences();
    for (Map.Entry<String, NDArray> entry : new TreeMap<>(now).entrySet()) {
      differences.write(entry.getValue(), before(entry.getKey()), out);
    }
  }

  private long bytes() {
    return now.values().stream()
        .mapToLong(array -> array.size() * array.getDataType().getNumOfBytes())
        .sum();
  }

  private static FileAttribute<?>[] ownerOnly(Path place) {
    return place.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
        }
        : new FileAttribute<?>[0];
  }
}
