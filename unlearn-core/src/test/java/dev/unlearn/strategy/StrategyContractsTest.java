package dev.unlearn.strategy;

import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.contract.StrategyContract;
import org.junit.jupiter.api.Nested;

/** The strategies that come with the library keep to the contract. */
final class StrategyContractsTest {
  @Nested
  final class AllAtOnce extends StrategyContract {
    @Override
    protected Strategy strategy() {
      return Strategies.allAtOnce();
    }
  }

  @Nested
  final class Sequential extends StrategyContract {
    @Override
    protected Strategy strategy() {
      return Strategies.sequential(4);
    }
  }

  @Nested
  final class SequentialOnce extends StrategyContract {
    @Override
    protected Strategy strategy() {
      return Strategies.sequentialOnce(4);
    }
  }

  @Nested
  final class ByDomain extends StrategyContract {
    @Override
    protected Strategy strategy() {
      return Strategies.byDomain();
    }
  }

  @Nested
  final class RetiringSequential extends StrategyContract {
    @Override
    protected Strategy strategy() {
      return Strategies.retiring(Strategies.sequential(3));
    }
  }
}
