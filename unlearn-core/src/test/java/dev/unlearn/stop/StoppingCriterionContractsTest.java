package dev.unlearn.stop;

import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.contract.StoppingCriterionContract;
import org.junit.jupiter.api.Nested;

/** The stopping criteria that come with the library keep to the contract. */
final class StoppingCriterionContractsTest {
  @Nested
  final class Forgotten extends StoppingCriterionContract {
    @Override
    protected StoppingCriterion criterion() {
      return StoppingCriteria.forgotten(ForgettingThresholds.of(3, 12, 0.25, 0.5));
    }
  }

  @Nested
  final class MaxEpochs extends StoppingCriterionContract {
    @Override
    protected StoppingCriterion criterion() {
      return StoppingCriteria.maxEpochs(5);
    }
  }

  @Nested
  final class Combined extends StoppingCriterionContract {
    @Override
    protected StoppingCriterion criterion() {
      return StoppingCriteria.forgotten(ForgettingThresholds.of(3, 12, 0.25, 0.5))
          .notBefore(3)
          .or(StoppingCriteria.maxEpochs(12));
    }
  }
}
