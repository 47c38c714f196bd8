package dev.unlearn.examples.docs;

import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.rollback.Rollback;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;

final class RollbackSnippets {
  private RollbackSnippets() {}

  static byte[] newKey() {
    byte[] key = new byte[Rollback.KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return key; // to be kept apart from the file
  }

  static ForgetReport keep(
      TrainableCausalLm model, ForgetSet set, Corpus unseen, Path file, byte[] key) {
    RunOptions options = RunOptions.builder().keepRollback(file, key, Duration.ofDays(30)).build();
    return Unlearner.untilLike(unseen).forget(model, set, options);
  }

  static void bringBack(TrainableCausalLm model, Path file, byte[] key) {
    Rollback.apply(model, file, key);
  }
}
