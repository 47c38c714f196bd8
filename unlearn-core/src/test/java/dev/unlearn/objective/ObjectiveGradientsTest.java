package dev.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.spi.train.Share;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients against central differences in float64, along random directions. */
@Tag("engine")
final class ObjectiveGradientsTest {
  private static final double STEP = 1e-5;
  private static final int DIRECTIONS = 6;

  static Stream<Objective> objectives() {
    return Stream.of(
        Objectives.gradientAscent(),
        Objectives.gradientDescent(),
        Objectives.gradientDifference(0.7),
        Objectives.npo(0.1),
        Objectives.npo(1),
        Objectives.lengthNormalizedNpo(1.5),
        Objectives.simNpo(0.7, 0.2),
        Objectives.dpo(0.1),
        Objectives.undial(3),
        Objectives.invertedHinge(),
        Objectives.rmu(1, 2, 3),
        OpenUnlearning.rmu(1, 2, 3, 1.5),
        Objectives.pdu(0.3, 2, 1, 0),
        nothing(RetainTerms.crossEntropy()),
        nothing(RetainTerms.kl()),
        nothing(OpenUnlearning.kl()),
        nothing(RetainTerms.hiddenStates(1)),
        Objectives.npo(0.1).plus(0.5, Objectives.invertedHinge()).times(3));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void gradients_equalDifferences(Objective objective) {
    assertGradients(objective, objective);
  }

  /** Objectives with constants in them, and the same with constants that stay as they are. */
  static Stream<Arguments> objectivesWithConstants() {
    return Stream.of(
        arguments(Objectives.wga(0.5), fixedWeights(0.5, 0)),
        arguments(Objectives.wga(1), fixedWeights(1, 0)),
        arguments(Objectives.satImp(5, 1), fixedWeights(5, 1)),
        arguments(Objectives.satImp(1, 0.5), fixedWeights(1, 0.5)),
        arguments(Objectives.ceU(0), fixedTargets(0)),
        arguments(Objectives.ceU(), fixedTargets(1)),
        arguments(Objectives.kto(0.1), fixedConstant(0.1)));
  }

  @ParameterizedTest
  @MethodSource("objectivesWithConstants")
  void gradients_equalDifferencesWithFixedConstants(Objective objective, Objective fixed) {
    assertGradients(objective, fixed);
  }

  private static void assertGradients(Objective objective, Objective valued) {
    Map<String, double[]> gradients;
    try (TinyContext context = new TinyContext(DataType.FLOAT64)) {
      gradients = context.gradients(objective);
    }
    Random random = new Random(1);
    for (String name : TinyContext.LEAVES) {
      double[] gradient = gradients.get(name);
      for (int i = 0; i < DIRECTIONS; i++) {
        double[] direction = random.doubles(gradient.length, -1, 1).toArray();
        double difference =
            (moved(valued, name, direction, STEP) - moved(valued, name, direction, -STEP))
                / (2 * STEP);
        assertThat(dot(gradient, direction)).as(name).isCloseTo(difference, within(1e-8));
      }
    }
  }

  private static double moved(Objective objective, String leaf, double[] direction, double step) {
    double[] values = TinyContext.leafValues(leaf);
    for (int i = 0; i < values.length; i++) {
      values[i] += step * direction[i];
    }
    try (TinyContext context = new TinyContext(DataType.FLOAT64, Map.of(leaf, values))) {
      return context.value(objective);
    }
  }

  private static double dot(double[] one, double[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += one[i] * other[i];
    }
    return sum;
  }

  private static Objective fixedWeights(double own, double other) {
    double[] weights = startingLogProbabilities();
    for (int i = 0; i < weights.length; i++) {
      double p = Math.exp(weights[i]);
      weights[i] = Math.pow(p, own) * Math.pow(1 - p, other);
    }
    return context -> {
      NDArray logProbabilities = context.forget().pass().logProbabilities();
      NDArray fixed = logProbabilities.getManager().create(weights, logProbabilities.getShape());
      return context.forget().tokenMean(logProbabilities.mul(fixed));
    };
  }

  private static double[] startingLogProbabilities() {
    try (TinyContext context = new TinyContext(DataType.FLOAT64)) {
      return Values.of(context.forget().pass().logProbabilities());
    }
  }

  /** The softmax without the true token, by loops, as what is aimed at. */
  private static Objective fixedTargets(int skipped) {
    double[] aims = TinyContext.leafValues("forget");
    int positions = Tiny.POSITIONS - 1;
    int kept = 0;
    for (int row = 0; row < Tiny.ROWS; row++) {
      var sequence = Tiny.sequences().get(row);
      kept += sequence.targetCount() - skipped;
      for (int t = 0; t < positions; t++) {
        int first = (row * positions + t) * Tiny.VOCABULARY;
        boolean counts = t + 1 >= sequence.firstTarget() + skipped && t + 1 < sequence.length();
        int truth = counts ? sequence.id(t + 1) : 0;
        double sum = 0;
        for (int v = 0; v < Tiny.VOCABULARY; v++) {
          aims[first + v] = counts && v != truth ? Math.exp(aims[first + v]) : 0;
          sum += aims[first + v];
        }
        for (int v = 0; v < Tiny.VOCABULARY && counts; v++) {
          aims[first + v] /= sum;
        }
      }
    }
    double scale = 1.0 / kept;
    return context -> {
      NDArray logits = context.forget().pass().logits();
      NDArray aim = logits.getManager().create(aims, logits.getShape());
      return ObjectiveOps.scale(logits.logSoftmax(-1).mul(aim).sum(), -scale);
    };
  }

  private static Objective fixedConstant(double beta) {
    double constant = Tiny.derived("kto_constant");
    return context -> {
      Share forget = context.forget();
      NDArray ratios = forget.logLikelihoods().sub(forget.reference().logLikelihoods());
      NDArray values = ObjectiveOps.sigmoid(ratios, -beta, constant, -2 / beta);
      return forget.sequenceMean(values);
    };
  }

  /** An objective whose part on what is to be forgotten is 0 whatever the leaves. */
  private static Objective nothing(RetainTerm term) {
    Objective zero =
        context -> {
          NDArray sum = context.forget().pass().logProbabilities().sum();
          return ObjectiveOps.scale(sum, 0);
        };
    return zero.withRetain(0.7, term);
  }
}
