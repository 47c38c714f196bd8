package dev.unlearn.objective;

import dev.unlearn.spi.contract.ObjectiveContract;
import dev.unlearn.spi.train.Objective;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The objectives that come with the library keep to the contract. */
@Tag("engine")
@ParameterizedClass
@MethodSource("objectives")
final class ObjectiveContractsTest extends ObjectiveContract {
  private final Supplier<Objective> objectives;

  ObjectiveContractsTest(Supplier<Objective> objectives) {
    this.objectives = objectives;
  }

  static Stream<Named<Supplier<Objective>>> objectives() {
    return Stream.<Supplier<Objective>>of(
            Objectives::gradientAscent,
            Objectives::gradientDescent,
            () -> Objectives.gradientDescent().plus(2, Objectives.gradientAscent()).times(3))
        .map(objectives -> Named.of(objectives.get().description(), objectives));
  }

  @Override
  protected Objective objective() {
    return objectives.get();
  }
}
