package dev.unlearn.training;

import dev.unlearn.rollback.Rollback;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

/**
 * Where, under which key and for how long what a run changed is kept.
 *
 * @param keepFor from the end of the run on
 * @hidden not API
 */
public record KeptRollback(Path file, SecretKey key, Duration keepFor) {

  /** Refuses what could not be written at the end, before the run touches anything. */
  void check() {
    Rollback.check(file, key.bytes());
  }

  /**
   * Writes the file: the last thing but deleting what a run could go on from. One that is there
   * already was written by a run that died in between.
   */
  void write(Snapshot original, TrainableCausalLm model) {
    Rollback.deleteOwn(file);
    Rollback.write(
        file, key.bytes(), Instant.now().plus(keepFor), original.values(), model.parameters());
  }
}
