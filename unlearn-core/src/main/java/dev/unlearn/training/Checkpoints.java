package dev.unlearn.training;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The whole epochs of a run, kept in its work directory, if it has one. */
final class Checkpoints implements AutoCloseable {
  static Checkpoints open(
      Recipe recipe, TrainableCausalLm model, ForgetSet set, RunSetup setup, String digest) {
    return new Checkpoints();
  }

  int microBatchTokens(int wanted) {
    return wanted;
  }

  Function<Corpus, String> corpusIds() {
    return Measurements.byIdentity();
  }

  List<EpochReport> history() {
    return List.of();
  }

  Map<String, String> reportKeys() {
    return Map.of();
  }

  void load(ObjectiveMemory memory) {}

  void loadBest(TrainableCausalLm model, BestWeights best) {}

  void loadWeights(TrainableCausalLm model) {}

  void loadOptimizer(OptimizerState state) {}

  void keep(
      EpochReport report,
      ObjectiveMemory memory,
      Map<String, String> reportKeys,
      @Nullable BestWeights best,
      Updates updates) {}

  void delete() {}

  @Override
  public void close() {}
}
