package dev.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.RetainTerm;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The numbers are in {@code ObjectiveVectorsTest} and {@code GoldenObjectivesTest}. */
final class ObjectivesTest {
  static Stream<Arguments> builtIn() {
    return Stream.of(
        arguments(Objectives.gradientAscent(), "gradient-ascent", Set.of()),
        arguments(Objectives.gradientDescent(), "gradient-descent", Set.of()),
        arguments(
            Objectives.gradientDifference(0.5),
            "gradient-ascent + 0.5 cross-entropy",
            Set.of(Need.RETAIN)),
        arguments(Objectives.npo(0.1), "npo(beta=0.1)", Set.of(Need.REFERENCE_LIKELIHOODS)),
        arguments(
            Objectives.lengthNormalizedNpo(1),
            "length-normalized-npo(beta=1.0)",
            Set.of(Need.REFERENCE_LIKELIHOODS)),
        arguments(Objectives.simNpo(2.5, 0), "simnpo(beta=2.5, delta=0.0)", Set.of()),
        arguments(
            Objectives.dpo(0.1),
            "dpo(beta=0.1)",
            Set.of(Need.ALTERNATIVES, Need.REFERENCE_LIKELIHOODS)),
        arguments(
            Objectives.kto(0.1),
            "kto(beta=0.1)",
            Set.of(Need.ALTERNATIVES, Need.REFERENCE_LIKELIHOODS)),
        arguments(Objectives.wga(1), "wga(beta=1.0)", Set.of()),
        arguments(Objectives.satImp(5, 1), "satimp(b1=5.0, b2=1.0)", Set.of()),
        arguments(Objectives.ceU(), "ce-u(skippedTargets=1)", Set.of()),
        arguments(Objectives.undial(10), "undial(beta=10.0)", Set.of(Need.REFERENCE_LOGITS)),
        arguments(Objectives.invertedHinge(), "inverted-hinge", Set.of()),
        arguments(Objectives.rmu(2, 6.5, 42), "rmu(layer=2, coefficient=6.5, seed=42)", Set.of()),
        arguments(
            Objectives.pdu(0.3, 100, 5, 5),
            "pdu(epsilon=0.3, firstMultiplier=100.0, rate=5.0, warmUpUpdates=5)",
            Set.of(Need.RETAIN)),
        arguments(
            OpenUnlearning.rmu(2, 6.5, 42, 1),
            "open-unlearning-rmu(layer=2, coefficient=6.5, seed=42) + 1.0 hidden-states",
            Set.of(Need.RETAIN, Need.RETAIN_REFERENCE_STATES)));
  }

  @ParameterizedTest
  @MethodSource("builtIn")
  void builtIn_descriptionAndNeeds(Objective objective, String description, Set<Need> needs) {
    assertThat(objective.description()).isEqualTo(description);
    assertThat(objective.needs()).isEqualTo(needs);
  }

  static Stream<Arguments> retainTerms() {
    return Stream.of(
        arguments(RetainTerms.crossEntropy(), "cross-entropy", Set.of()),
        arguments(RetainTerms.kl(), "kl", Set.of(Need.RETAIN_REFERENCE_LOGITS)),
        arguments(
            OpenUnlearning.kl(),
            "open-unlearning-kl",
            Set.of(Need.RETAIN_REFERENCE_LOGITS, Need.WHOLE_LOGITS)),
        arguments(
            RetainTerms.hiddenStates(2),
            "hidden-states(layer=2)",
            Set.of(Need.RETAIN_REFERENCE_STATES)));
  }

  @ParameterizedTest
  @MethodSource("retainTerms")
  void retainTerm_descriptionAndNeeds(RetainTerm term, String description, Set<Need> needs) {
    assertThat(term.description()).isEqualTo(description);
    assertThat(term.needs()).isEqualTo(needs);
  }

  @Test
  void description_lambda() {
    Objective objective = context -> context.forget().pass().logProbabilities().mean();
    assertThat(objective.description()).isEqualTo("custom objective");
  }

  static Stream<Arguments> badParameters() {
    return Stream.of(
        refused(() -> Objectives.npo(0), "beta must be finite and > 0, but was: 0.0"),
        refused(() -> Objectives.npo(Double.NaN), "beta must be finite and > 0, but was: NaN"),
        refused(
            () -> Objectives.lengthNormalizedNpo(-1), "beta must be finite and > 0, but was: -1.0"),
        refused(
            () -> Objectives.simNpo(Double.POSITIVE_INFINITY, 0),
            "beta must be finite and > 0, but was: Infinity"),
        refused(() -> Objectives.simNpo(1, Double.NaN), "delta must be finite, but was: NaN"),
        refused(() -> Objectives.dpo(0), "beta must be finite and > 0, but was: 0.0"),
        refused(() -> Objectives.kto(0), "beta must be finite and > 0, but was: 0.0"),
        refused(() -> Objectives.wga(-0.5), "beta must be finite and >= 0, but was: -0.5"),
        refused(() -> Objectives.satImp(-1, 1), "b1 must be finite and >= 0, but was: -1.0"),
        refused(() -> Objectives.satImp(5, Double.NaN), "b2 must be finite and >= 0, but was: NaN"),
        refused(() -> Objectives.ceU(-1), "skippedTargets must be >= 0, but was: -1"),
        refused(() -> Objectives.undial(0), "beta must be finite and > 0, but was: 0.0"),
        refused(() -> Objectives.rmu(-1, 2, 0), "layer must be >= 0, but was: -1"),
        refused(() -> Objectives.rmu(1, 0, 0), "coefficient must be finite and > 0, but was: 0.0"),
        refused(
            () -> OpenUnlearning.rmu(1, 2, 0, 0),
            "retainWeight must be finite and > 0, but was: 0.0"),
        refused(() -> RetainTerms.hiddenStates(-1), "layer must be >= 0, but was: -1"),
        refused(
            () -> Objectives.pdu(-0.1, 1, 1, 1), "epsilon must be finite and >= 0, but was: -0.1"),
        refused(
            () -> Objectives.pdu(0, -1, 1, 1),
            "firstMultiplier must be finite and >= 0, but was: -1.0"),
        refused(() -> Objectives.pdu(0, 1, -1, 1), "rate must be finite and >= 0, but was: -1.0"),
        refused(() -> Objectives.pdu(0, 1, 1, -1), "warmUpUpdates must be >= 0, but was: -1"),
        refused(
            () -> Objectives.gradientDifference(0), "weight must be finite and > 0, but was: 0.0"));
  }

  private static Arguments refused(ThrowingCallable call, String message) {
    return arguments(call, message);
  }

  @ParameterizedTest
  @MethodSource("badParameters")
  void parameters_bad(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
