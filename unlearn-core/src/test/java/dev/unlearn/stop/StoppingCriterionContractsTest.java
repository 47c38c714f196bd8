package dev.unlearn.stop;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.ReferenceLevels;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.contract.StoppingCriterionContract;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The stopping criteria that come with the library keep to the contract. */
@ParameterizedClass
@MethodSource("criteria")
final class StoppingCriterionContractsTest extends StoppingCriterionContract {
  private static final ForgettingThresholds THRESHOLDS = ForgettingThresholds.of(3, 12, 0.25, 0.5);

  /** Of the contract's set. */
  private static final ReferenceLevels LEVELS =
      ReferenceLevels.of(
          ForgetSet.of(TokenSequence.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)),
          3,
          List.of(0.25),
          List.of(0.5));

  private static final Corpus CORPUS = Corpus.of(List.of(TokenSequence.of(1, 2, 3)));

  private final Supplier<StoppingCriterion> criteria;

  StoppingCriterionContractsTest(Supplier<StoppingCriterion> criteria) {
    this.criteria = criteria;
  }

  static Stream<Named<Supplier<StoppingCriterion>>> criteria() {
    return Stream.<Supplier<StoppingCriterion>>of(
            () -> StoppingCriteria.forgotten(THRESHOLDS),
            () -> StoppingCriteria.forgottenWithin(THRESHOLDS, 0.1),
            () -> StoppingCriteria.everyForgotten(THRESHOLDS),
            () -> StoppingCriteria.belowReference(LEVELS),
            () -> StoppingCriteria.below(MemorizationAccuracy.of(), 0.4),
            () -> StoppingCriteria.above(TokenLoss.of(), 0.4),
            () -> StoppingCriteria.belowBaseline(MemorizationAccuracy.of(), 0.4),
            () -> StoppingCriteria.above(TokenLoss.of(), CORPUS, 0.4),
            () -> StoppingCriteria.aboveBaseline(TokenLoss.of(), CORPUS, 1.5),
            () -> StoppingCriteria.maxEpochs(5),
            () -> StoppingCriteria.maxTotalEpochs(7),
            () -> StoppingCriteria.maxDuration(Duration.ofSeconds(9)),
            () -> StoppingCriteria.patience(MemorizationAccuracy.of(), 3, 0.01),
            () ->
                StoppingCriteria.everyForgotten(THRESHOLDS)
                    .notBefore(3)
                    .or(StoppingCriteria.maxEpochs(12)))
        .map(criteria -> Named.of(criteria.get().description(), criteria));
  }

  @Override
  protected StoppingCriterion criterion() {
    return criteria.get();
  }
}
