package dev.unlearn.training;

import dev.unlearn.rollback.Rollback;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * Where, under which key and for how long what a run changed is kept.
 *
 * @param keepFor from the end of the run on
 */
public record KeptRollback(Path file, SecretKey key, Duration keepFor) {

  /** Refuses what could not be written at the end, before the run touches anything. */
  void check() {
    Rollback.check(file, key.bytes());
  }

  /** Writes the file: the last thing but deleting what a run could go on from. */
  void write(Snapshot original, TrainableCausalLm model) {
    Rollback.write(
        file, key.bytes(), Instant.now().plus(keepFor), original.values(), model.parameters());
  }

  /**
   * Deletes the file, as the original weights are back; what goes wrong is added to the failure.
   */
  void delete(Throwable failure) {
    try {
      boolean unused = Files.deleteIfExists(file);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
