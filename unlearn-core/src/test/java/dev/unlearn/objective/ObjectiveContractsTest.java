package dev.unlearn.objective;

import dev.unlearn.spi.contract.ObjectiveContract;
import dev.unlearn.spi.train.Objective;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The objectives and retain terms that come with the library keep to the contract, but for {@link
 * OpenUnlearning#kl}, which counts padding as the code does that it reproduces.
 */
@Tag("engine")
@ParameterizedClass
@MethodSource("objectives")
final class ObjectiveContractsTest extends ObjectiveContract {
  private final Supplier<Objective> objectives;
  private final boolean holdsPartsConstant;

  ObjectiveContractsTest(Supplier<Objective> objectives, boolean holdsPartsConstant) {
    this.objectives = objectives;
    this.holdsPartsConstant = holdsPartsConstant;
  }

  static Stream<Arguments> objectives() {
    return Stream.of(
        all(Objectives::gradientAscent),
        all(Objectives::gradientDescent),
        all(() -> Objectives.gradientDifference(2)),
        all(() -> Objectives.npo(0.1)),
        all(() -> Objectives.lengthNormalizedNpo(2)),
        all(() -> Objectives.simNpo(2.5, 0.5)),
        all(() -> Objectives.dpo(0.1)),
        all(() -> Objectives.kto(0.1)),
        all(() -> Objectives.undial(3)),
        all(Objectives::invertedHinge),
        all(() -> Objectives.rmu(1, 2, 7)),
        all(() -> Objectives.pdu(0.5, 0.3, 0.1, 0)),
        all(() -> Objectives.gradientAscent().withRetain(2, RetainTerms.kl())),
        all(() -> Objectives.gradientAscent().withRetain(2, RetainTerms.hiddenStates(1))),
        all(() -> OpenUnlearning.rmu(1, 2, 7, 1)),
        all(() -> Objectives.npo(0.1).plus(0.5, Objectives.gradientDifference(1)).times(2)),
        parts(() -> Objectives.wga(1)),
        parts(() -> Objectives.satImp(5, 1)),
        parts(Objectives::ceU));
  }

  /** Their gradients are those of their values. */
  private static Arguments all(Supplier<Objective> objectives) {
    return arguments(objectives, false);
  }

  /** They hold weights or targets constant; {@code ObjectiveGradientsTest} has their gradients. */
  private static Arguments parts(Supplier<Objective> objectives) {
    return arguments(objectives, true);
  }

  private static Arguments arguments(Supplier<Objective> objectives, boolean holdsPartsConstant) {
    return Arguments.of(Named.of(objectives.get().description(), objectives), holdsPartsConstant);
  }

  @Override
  protected Objective objective() {
    return objectives.get();
  }

  @Override
  protected boolean holdsPartsConstant() {
    return holdsPartsConstant;
  }
}
