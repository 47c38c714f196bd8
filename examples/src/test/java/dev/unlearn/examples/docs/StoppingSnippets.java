package dev.unlearn.examples.docs;

import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.guard.UtilityGuards;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

final class StoppingSnippets {
  private StoppingSnippets() {}

  static StoppingCriterion usual(ForgettingThresholds thresholds) {
    return StoppingCriteria.forgotten(thresholds)
        .or(StoppingCriteria.patience(MemorizationAccuracy.of(), 10, 0.01))
        .or(StoppingCriteria.maxEpochs(100))
        .or(StoppingCriteria.maxDuration(Duration.ofHours(2)));
  }

  static StoppingCriterion alsoShifted(ForgettingThresholds thresholds, Corpus shifted) {
    return StoppingCriteria.forgotten(thresholds)
        .and(StoppingCriteria.below(MemorizationAccuracy.of(), shifted, thresholds.maThreshold()))
        .or(StoppingCriteria.maxEpochs(100));
  }

  static double floor(TrainableCausalLm model, List<TokenSequence> unseen, int lotSize) {
    MetricResult ma = MemorizationAccuracy.of().measure(model, unseen);
    double squares = 0;
    for (double value : ma.perSequence()) {
      squares += Math.pow(value - ma.value(), 2);
    }
    double deviation = Math.sqrt(squares / (unseen.size() - 1));
    return Math.max(0, ma.value() - 2 * deviation / Math.sqrt(lotSize));
  }

  static UtilityGuard floor(double maFloor) {
    return progress ->
        progress.measure(MemorizationAccuracy.of()).value() < maFloor
            ? Optional.of("over-unlearned")
            : Optional.empty();
  }

  static Unlearner guarded(ForgettingThresholds thresholds, Corpus validation, Corpus records) {
    return Unlearner.builder()
        .stopWhen(StoppingCriteria.forgotten(thresholds))
        .guard(
            UtilityGuards.perplexity(validation)
                .maxIncrease(0.05)
                .and(UtilityGuards.metric(MemorizationAccuracy.of(), records).atLeast(0.9)))
        .onGiveUp(GiveUp.KEEP_BEST)
        .build();
  }
}
