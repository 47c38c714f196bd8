package dev.unlearn.rollback;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Failures;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Checks a rollback file and applies it. The file stays open from the check to the end, and is read
 * in a way that an interrupt does not end: half a model would be left.
 */
final class RollbackReader implements AutoCloseable {
  private final Path path;
  private final RandomAccessFile in;
  private final Header header;
  private final FileKeys keys;

  /**
   * Opens a file and checks all of it.
   *
   * @throws IllegalArgumentException if it has expired or the key is another
   * @throws UnlearningException if it is no rollback file or is damaged
   */
  RollbackReader(Path path, byte[] key, Instant time) throws IOException, GeneralSecurityException {
    this.path = path;
    in = new RandomAccessFile(path.toFile(), "r");
    try {
      header = Header.orThrow(Header.read(in), path);
      keys = new FileKeys(key, header.salt());
      check(time);
    } catch (IOException | GeneralSecurityException | RuntimeException | Error e) {
      in.close();
      throw e;
    }
  }

  private void check(Instant time) throws IOException, GeneralSecurityException {
    checkArgument(
        !header.expiredAt(time),
        "rollback file must not have expired, but did at %s: %s",
        header.expires(),
        path);
    long bytes = header.differenceBytes();
    if (bytes <= 0
        || bytes > in.length()
        || in.length() != Header.SIZE + Chunks.sealedBytes(bytes)) {
      throw failure("is damaged: it has another size than it says", null);
    }
    checkArgument(
        MessageDigest.isEqual(keys.check(), header.keyCheck()),
        "key must be the one that the rollback file was written with, but is another"
            + " (or the file is damaged): %s",
        path);
    try {
      bits().readToEnd();
    } catch (GeneralSecurityException e) {
      throw failure("is damaged", e);
    }
  }

  private SealedReader bits() throws IOException, GeneralSecurityException {
    return new SealedReader(in, keys, header);
  }

  /**
   * Turns all weights, or none: those that were turned before a failure are turned back.
   *
   * @throws IllegalArgumentException if the weights are not those the file fits
   * @throws UnlearningException if it fails, with what became of the weights
   */
  void apply(TrainableCausalLm model) {
    checkArgument(
        WeightsDigest.of(model).equals(header.now()),
        "model must have the weights that the rollback file was written for, but has others: %s",
        path);
    Differences differences = new Differences();
    List<NDArray> turned = new ArrayList<>();
    try {
      SealedReader bits = bits();
      for (NDArray array : new TreeMap<>(model.parameters()).values()) {
        differences.apply(bits, array);
        turned.add(array);
      }
      if (!WeightsDigest.of(model).equals(header.original())) {
        throw new IOException("the result is not the original weights");
      }
    } catch (IOException | GeneralSecurityException | RuntimeException | Error e) {
      turnBack(turned, differences, e);
      throw failure("cannot be applied (%s)".formatted(Failures.summary(e)), e);
    }
  }

  private void turnBack(List<NDArray> turned, Differences differences, Throwable failure) {
    try {
      SealedReader bits = bits();
      for (NDArray array : turned) {
        differences.apply(bits, array);
      }
    } catch (IOException | GeneralSecurityException | RuntimeException | Error e) {
      failure.addSuppressed(e);
      throw new UnlearningException(
          "rollback file %s cannot be applied (%s); some weights are changed: load the model again"
              .formatted(path, Failures.summary(failure)),
          failure);
    }
  }

  private UnlearningException failure(String what, @Nullable Throwable cause) {
    return new UnlearningException(
        "rollback file %s %s; the weights are as they were".formatted(path, what), cause);
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
