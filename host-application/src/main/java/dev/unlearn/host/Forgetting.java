package dev.unlearn.host;

import dev.unlearn.CausalLms;
import dev.unlearn.RunOptions;
import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.host.ErasureStatus.State;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.util.FileSystemUtils;

/**
 * Works on an erasure: lets a copy of the model forget, saves it, and lets what was saved answer.
 */
@Component
final class Forgetting {
  private static final Logger logger = LoggerFactory.getLogger(Forgetting.class);
  private static final String THRESHOLDS = "thresholds.json";

  private final HostProperties properties;
  private final WorkFolder work;
  private final LiveModel live;
  private final Recipe recipe;

  Forgetting(HostProperties properties, WorkFolder work, LiveModel live, Recipe recipe) {
    this.properties = properties;
    this.work = work;
    this.live = live;
    this.recipe = recipe;
  }

  /**
   * Works on an erasure to its end.
   *
   * @param stopping whether the process is about to end: then the run is let go after its last
   *     whole epoch
   * @return how it ended; empty if the next process is to go on with it
   */
  Optional<ErasureStatus> run(Erasure erasure, BooleanSupplier stopping) throws IOException {
    ErasureStatus end;
    try (TrainableCausalLm copy = live.copy()) {
      ForgetReport report = forget(erasure, copy, stopping);
      if (report.outcome() == Outcome.CANCELLED && !erasure.cancelled()) {
        return Optional.empty();
      }
      end = erasure.end(state(report.outcome()), report);
      if (end.state() == State.FORGOTTEN) {
        // First the report: who finds the model knows that both are there.
        work.keep(end);
        CausalLms.save(copy, work.model(erasure.id()));
      }
    }
    if (end.state() == State.FORGOTTEN) {
      live.replace(erasure.id(), work.model(erasure.id()));
    }
    return Optional.of(end);
  }

  private ForgetReport forget(Erasure erasure, TrainableCausalLm copy, BooleanSupplier stopping)
      throws IOException {
    Path folder = work.run(erasure.id());
    boolean goesOn = Files.exists(folder.resolve(THRESHOLDS));
    try {
      return forgetIn(folder, erasure, copy, stopping);
    } catch (IllegalArgumentException | UnlearningException e) {
      if (!goesOn || e instanceof ForgetFailedException) {
        throw e;
      }
      // Settings or versions are others than those the run began with. The copy is untouched.
      logger.warn("erasure {} begins anew: {}", erasure.id(), e.getMessage());
      boolean unused = FileSystemUtils.deleteRecursively(folder);
      return forgetIn(work.run(erasure.id()), erasure, copy, stopping);
    }
  }

  private ForgetReport forgetIn(
      Path folder, Erasure erasure, TrainableCausalLm copy, BooleanSupplier stopping)
      throws IOException {
    ForgetSet set = recipe.set(copy, work.read(erasure.id()));
    ForgettingThresholds thresholds = thresholds(folder.resolve(THRESHOLDS), copy, set);
    erasure.aim(thresholds, properties.maxEpochs());
    RunOptions options =
        RunOptions.builder()
            .listener(erasure)
            .cancelWhen(() -> erasure.cancelled() || stopping.getAsBoolean())
            .workDirectory(folder.resolve("epochs"))
            .build();
    return recipe.unlearner(thresholds).forget(copy, set, options);
  }

  /** A run that is gone on with must have the thresholds that it began with. */
  private ForgettingThresholds thresholds(Path file, TrainableCausalLm copy, ForgetSet set)
      throws IOException {
    if (Files.exists(file)) {
      return ForgettingThresholds.read(file);
    }
    ForgettingThresholds thresholds = recipe.thresholds(copy, set);
    thresholds.write(file);
    return thresholds;
  }

  private static State state(Outcome outcome) {
    return switch (outcome) {
      case FORGOTTEN -> State.FORGOTTEN;
      case CANCELLED -> State.CANCELLED;
      case DAMAGED, GAVE_UP, PARTIAL, DIVERGED -> State.NOT_FORGOTTEN;
      case FAILED -> State.FAILED;
    };
  }
}
