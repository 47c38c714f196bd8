package dev.unlearn.examples;

import dev.unlearn.spi.Metric;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.contract.MetricContract;
import dev.unlearn.spi.contract.ObjectiveContract;
import dev.unlearn.spi.contract.StoppingCriterionContract;
import dev.unlearn.spi.contract.StrategyContract;
import dev.unlearn.spi.train.Objective;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The parts that the examples write keep to the contracts. */
@Tag("engine")
final class CustomPartsContractTest {
  @Nested
  final class LongestRecallTest extends MetricContract {
    @Override
    protected Metric metric() {
      return new CustomMetric.LongestRecall();
    }
  }

  @Nested
  final class NoneAboveTest extends StoppingCriterionContract {
    @Override
    protected StoppingCriterion criterion() {
      return new CustomStoppingCriterion.NoneAbove(new CustomMetric.LongestRecall(), 2);
    }

    @Override
    protected double memorized(Metric metric) {
      return 11; // of twelve tokens
    }

    @Override
    protected double forgotten(Metric metric) {
      return 0;
    }
  }

  @Nested
  final class TrueTokenProbabilityTest extends ObjectiveContract {
    @Override
    protected Objective objective() {
      return new CustomObjective.TrueTokenProbability();
    }
  }

  @Nested
  final class ShortestFirstTest extends StrategyContract {
    @Override
    protected Strategy strategy() {
      return new CustomStrategy.ShortestFirst();
    }
  }
}
