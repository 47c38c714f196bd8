package dev.unlearn.examples.docs;

import dev.unlearn.RunOptions;
import dev.unlearn.Unlearner;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;

final class ReliabilitySnippets {
  private ReliabilitySnippets() {}

  static ForgetReport until(
      Unlearner unlearner, TrainableCausalLm model, ForgetSet set, AtomicBoolean stop) {
    RunOptions options =
        RunOptions.builder()
            .cancelWhen(stop::get)
            .deadline(Instant.now().plus(Duration.ofHours(2)))
            .build();
    return unlearner.forget(model, set, options);
  }

  static ForgetReport resumable(
      Unlearner unlearner, TrainableCausalLm model, ForgetSet set, Path folder) {
    return unlearner.forget(model, set, RunOptions.builder().workDirectory(folder).build());
  }
}
