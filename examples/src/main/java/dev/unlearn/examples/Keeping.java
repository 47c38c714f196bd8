package dev.unlearn.examples;

import dev.unlearn.UnlearnerBuilder;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What costs the rest of a model least; docs/experiments.md says how much that is. */
final class Keeping {
  private static final double RETAIN_WEIGHT = 20;
  static final String ALL = "all";
  private static final String UPPER = "upper";

  private Keeping() {}

  /** Forgets by CE-U, and trains on text to keep meanwhile, instead of by gradient ascent. */
  static void retain(UnlearnerBuilder unlearner, List<TokenSequence> texts) {
    unlearner
        .objective(Objectives.ceU().withRetain(RETAIN_WEIGHT, RetainTerms.crossEntropy()))
        .retain(Corpus.of(texts));
  }

  /**
   * Forgets until texts are known no better than unseen ones.
   *
   * @param health text on which harm is measured; empty for the unseen texts
   */
  static void untilLike(
      UnlearnerBuilder unlearner,
      CausalLm model,
      ForgetSet set,
      List<TokenSequence> unseen,
      List<TokenSequence> health,
      int order,
      int maxEpochs) {
    if (health.isEmpty()) {
      unlearner.unseen(Corpus.of(unseen)).order(order).maxEpochs(maxEpochs);
      return;
    }
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(model, Corpus.of(UnseenText.cutLike(unseen, set)), order);
    until(unlearner, thresholds, maxEpochs);
    unlearner.unseen(Corpus.of(health));
  }

  /** Forgets until both thresholds are undercut. */
  static void until(UnlearnerBuilder unlearner, ForgettingThresholds thresholds, int maxEpochs) {
    unlearner.stopWhen(
        StoppingCriteria.forgotten(thresholds).or(StoppingCriteria.maxEpochs(maxEpochs)));
  }

  /**
   * Lets only some of the weights be trained until the result is closed.
   *
   * @param which {@code all}, or {@code upper} for the feed-forward weights of the upper half of
   *     the layers
   * @return null for all
   */
  static @Nullable TrainedWeights trainOnly(TrainableCausalLm model, String which) {
    return which.equals(UPPER) ? Adapters.trainOnly(model, upperFeedForward(model)) : null;
  }

  /** Checks what is to be trained. */
  static String checkTrained(String which) {
    if (!List.of(ALL, UPPER).contains(which)) {
      throw new IllegalArgumentException("--train must be all or upper, but was: " + which);
    }
    return which;
  }

  /**
   * Returns a pattern for the names of the feed-forward weights of the upper half of the layers.
   */
  static String upperFeedForward(CausalLm model) {
    int layers = model.info().layerCount();
    String upper =
        IntStream.range(layers / 2, layers)
            .mapToObj(Integer::toString)
            .collect(Collectors.joining("|"));
    return "(.*\\.)?(h|layers)\\.(" + upper + ")\\..*(mlp|fc).*";
  }
}
