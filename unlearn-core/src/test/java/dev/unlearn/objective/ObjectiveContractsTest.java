package dev.unlearn.objective;

import dev.unlearn.spi.contract.ObjectiveContract;
import dev.unlearn.spi.train.Objective;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;

/** The objectives that come with the library keep to the contract. */
@Tag("engine")
final class ObjectiveContractsTest {
  @Nested
  final class GradientAscent extends ObjectiveContract {
    @Override
    protected Objective objective() {
      return Objectives.gradientAscent();
    }
  }

  @Nested
  final class GradientDescent extends ObjectiveContract {
    @Override
    protected Objective objective() {
      return Objectives.gradientDescent();
    }
  }
}
