package dev.unlearn.rollback;

import static com.google.common.base.Preconditions.checkArgument;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Failures;
import dev.unlearn.internal.Places;
import dev.unlearn.model.Reservation;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Keeps what a run changed, encrypted, so that the weights from before it can be brought back for a
 * stated time. A run writes such a file if {@code RunOptions.Builder.keepRollback} asks for one.
 *
 * <p>A file holds, bit for bit, original XOR new weights, under AES-256-GCM with a key of its own,
 * derived from the caller's. With key and model it gives back what was forgotten: it is as
 * sensitive as the forgotten data, and forgetting is complete only when it is gone. To destroy
 * every copy of the key is to erase the file, wherever copies of it are.
 *
 * <p>Without the key everyone can read when a file expires, how many bytes the weights have, and
 * digests of the weights before and after. Expiry is a rule that this class keeps, no property of
 * the encryption: who has key and file can decrypt it at any time.
 */
public final class Rollback {
  /** The length of a key. */
  public static final int KEY_BYTES = FileKeys.BYTES;

  private Rollback() {}

  /**
   * Checks what {@link #write} would refuse about a file and a key; writes nothing.
   *
   * @throws IllegalArgumentException if the file exists, its folder is none that can be written to,
   *     or the key has another length
   * @hidden not API
   */
  public static void check(Path file, byte[] key) {
    requireNonNull(file, "file");
    requireNonNull(key, "key");
    checkKey(key);
    try {
      checkArgument(
          !Files.exists(Places.of(file), NOFOLLOW_LINKS),
          "rollback file must be new, but exists already: %s",
          file);
    } catch (IOException e) {
      throw Places.cannotWrite("rollback file", file, e);
    }
  }

  /**
   * Writes the difference between two states of the same weights. The file is for its owner alone
   * where the file system has such rights; it is there when it is complete and on the disk.
   *
   * @param file a new file
   * @param key 32 random bytes; keep them apart from the file
   * @param expires from when on the file cannot be applied; without fractions of a second
   * @param original the weights to bring back, by name
   * @param now the weights that the difference fits, with the same names, shapes and types
   * @throws IllegalArgumentException if an argument breaks these rules; nothing is written
   * @throws UnlearningException if the file cannot be written; nothing is left of it
   * @hidden not API
   */
  public static void write(
      Path file,
      byte[] key,
      Instant expires,
      Map<String, NDArray> original,
      Map<String, NDArray> now) {
    check(file, key);
    requireNonNull(expires, "expires");
    requireNonNull(original, "original");
    requireNonNull(now, "now");
    Instant end = expires.truncatedTo(ChronoUnit.SECONDS);
    checkArgument(
        end.isAfter(Instant.now()), "expires must be in the future, but was: %s", expires);
    RollbackWriter writer = new RollbackWriter(original, now);
    try {
      writer.write(Places.of(file), key, end);
    } catch (IOException | GeneralSecurityException e) {
      throw Places.cannotWrite("rollback file", file, e);
    }
  }

  /**
   * Brings the original weights back, bit for bit. The file stays. The whole file has proved right
   * before the first weight changes; memory is needed for one more copy of the largest array.
   *
   * @param key the one the file was written with
   * @throws IllegalArgumentException if the key is another, the file has expired, or the model has
   *     other weights than the run left; nothing was touched
   * @throws IllegalStateException if the model is in use by a run, or closed; nothing was touched
   * @throws UnlearningException if the file cannot be read, is no rollback file or is damaged; the
   *     weights are as they were unless the message says otherwise
   */
  public static void apply(TrainableCausalLm model, Path file, byte[] key) {
    apply(model, file, key, Instant.now());
  }

  static void apply(TrainableCausalLm model, Path file, byte[] key, Instant time) {
    requireNonNull(model, "model");
    requireNonNull(file, "file");
    requireNonNull(key, "key");
    checkKey(key);
    try (Reservation mine = Reservation.of(model);
        RollbackReader reader = new RollbackReader(file, key, time)) {
      reader.apply(model);
    } catch (IOException | GeneralSecurityException e) {
      throw Places.cannotRead("rollback file", file, e);
    }
  }

  /**
   * Returns when a file expires. It is read without the key, and proved right by {@link #apply}
   * only.
   *
   * @throws UnlearningException if the file cannot be read or is no rollback file
   */
  public static Instant expires(Path file) {
    requireNonNull(file, "file");
    try {
      return Header.orThrow(header(file), file).expires();
    } catch (IOException e) {
      throw Places.cannotRead("rollback file", file, e);
    }
  }

  /**
   * Deletes the rollback files in a folder that have expired, also what is left of one whose
   * writing was cut off. Other files, links and folders in it are left alone. Nobody calls this but
   * you.
   *
   * @return how many were deleted
   * @throws UnlearningException if the folder or a file in it cannot be read, or one cannot be
   *     deleted; all others are gone then
   */
  public static int deleteExpired(Path folder) {
    return deleteExpired(folder, Instant.now());
  }

  static int deleteExpired(Path folder, Instant time) {
    requireNonNull(folder, "folder");
    int count = 0;
    UnlearningException failure = null;
    for (Path file : regularFiles(folder)) {
      try {
        if (header(file).filter(header -> header.expiredAt(time)).isPresent()
            && Files.deleteIfExists(file)) {
          count++;
        }
      } catch (IOException e) {
        UnlearningException one = cannotDelete(file, e);
        if (failure == null) {
          failure = one;
        } else {
          failure.addSuppressed(one);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
    return count;
  }

  /**
   * Deletes a rollback file if there is one; anything else of this name stays.
   *
   * @throws UnlearningException if it cannot be read or deleted
   * @hidden not API
   */
  public static void deleteOwn(Path file) {
    requireNonNull(file, "file");
    try {
      if (Files.isRegularFile(file, NOFOLLOW_LINKS) && header(file).isPresent()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw cannotDelete(file, e);
    }
  }

  private static List<Path> regularFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> Files.isRegularFile(file, NOFOLLOW_LINKS)).toList();
    } catch (IOException e) {
      throw Places.cannotRead("folder", folder, e);
    }
  }

  private static Optional<Header> header(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return Header.read(new DataInputStream(in));
    }
  }

  private static void checkKey(byte[] key) {
    checkArgument(
        key.length == KEY_BYTES, "key must have %s bytes, but had: %s", KEY_BYTES, key.length);
  }

  private static UnlearningException cannotDelete(Path file, Exception cause) {
    return new UnlearningException(
        "cannot read or delete %s: %s".formatted(file, Failures.summary(cause)), cause);
  }
}
