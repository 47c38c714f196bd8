package dev.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.ObjectiveOps;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Objectives against numbers of other implementations; see {@link Tiny}. */
@Tag("engine")
final class ObjectiveVectorsTest {

  static Stream<Arguments> forgetting() {
    return Stream.of(
        arguments(Objectives.gradientAscent(), Tiny.expected("grad_ascent")),
        arguments(Objectives.gradientDescent(), Tiny.expected("mean_token_nll")),
        arguments(Objectives.gradientDifference(1), Tiny.expected("grad_diff_g1_a1")),
        arguments(Objectives.npo(0.1), Tiny.expected("npo_beta0.1")),
        arguments(Objectives.npo(0.5), Tiny.expected("npo_beta0.5")),
        arguments(Objectives.npo(1), Tiny.expected("npo_beta1.0")),
        arguments(Objectives.lengthNormalizedNpo(0.5), derived("length_normalized_npo_beta0.5")),
        arguments(Objectives.lengthNormalizedNpo(1), derived("length_normalized_npo_beta1.0")),
        arguments(Objectives.lengthNormalizedNpo(2.5), derived("length_normalized_npo_beta2.5")),
        arguments(Objectives.simNpo(4.5, 0), Tiny.expected("simnpo_beta4.5_delta0.0")),
        arguments(Objectives.simNpo(2.5, 0), Tiny.expected("simnpo_beta2.5_delta0.0")),
        arguments(Objectives.simNpo(1, 0.5), Tiny.expected("simnpo_beta1.0_delta0.5")),
        arguments(Objectives.simNpo(0.7, 0), Tiny.expected("simnpo_beta0.7_delta0.0")),
        arguments(Objectives.simNpo(0.1, 0), Tiny.expected("simnpo_beta0.1_delta0.0")),
        arguments(Objectives.dpo(0.1), Tiny.expected("dpo_idk_beta0.1")),
        arguments(Objectives.dpo(1), Tiny.expected("dpo_idk_beta1.0")),
        arguments(Objectives.kto(0.1), derived("kto_beta0.1")),
        arguments(Objectives.kto(1), derived("kto_beta1.0")),
        arguments(Objectives.wga(1), Tiny.expected("wga_beta1.0")),
        arguments(Objectives.wga(0.5), Tiny.expected("wga_beta0.5")),
        arguments(Objectives.wga(0), Tiny.expected("grad_ascent")),
        arguments(Objectives.satImp(5, 1), Tiny.expected("satimp_b1_5_b2_1")),
        arguments(Objectives.satImp(1, 0.5), derived("satimp_b1_1_b2_0.5")),
        arguments(Objectives.ceU(), Tiny.expected("ceu_ignore1")),
        arguments(Objectives.ceU(0), Tiny.expected("ceu_ignore0")),
        arguments(Objectives.undial(10), Tiny.expected("undial_beta10_label_positions_only")),
        arguments(Objectives.invertedHinge(), Tiny.expected("ihl")),
        // With λ = 0 nothing is left but the part on what is to be forgotten.
        arguments(Objectives.pdu(0.3, 0, 0, 0), derived("pdu_forget")));
  }

  private static double derived(String name) {
    return Tiny.derived(name);
  }

  @ParameterizedTest
  @MethodSource("forgetting")
  void loss_equalsOthers(Objective objective, double expected) {
    assertBothTypes(objective, expected);
  }

  /** Compiled code is made anew after the first calls. */
  @ParameterizedTest
  @MethodSource("forgetting")
  void loss_manyCalls(Objective objective, double expected) {
    for (int i = 0; i < 4; i++) {
      try (TinyContext context = new TinyContext(DataType.FLOAT64)) {
        assertThat(context.value(objective)).isCloseTo(expected, within(1e-9));
      }
    }
  }

  static Stream<Arguments> retaining() {
    return Stream.of(
        arguments(RetainTerms.crossEntropy(), Tiny.expected("retain_mean_token_nll")),
        arguments(RetainTerms.kl(), Tiny.expected("kl_retain_mean_over_label_positions")),
        arguments(RetainTerms.hiddenStates(1), Tiny.expected("rmu_retain_per_sample")));
  }

  @ParameterizedTest
  @MethodSource("retaining")
  void retainLoss_equalsOthers(RetainTerm term, double expected) {
    assertBothTypes(nothing().withRetain(1, term), expected);
    assertBothTypes(nothing().withRetain(0.5, term), expected / 2);
  }

  /** Only the direction is random: distances to one that is given. */
  @Test
  void rmu_givenDirection() {
    Objective objective =
        context -> {
          Share forget = context.forget();
          NDArray states = forget.pass().hiddenStates(1);
          return Rmu.distance(forget, states, direction(states));
        };
    assertBothTypes(objective, Tiny.expected("rmu_forget_per_sample"));
  }

  /** The mean of (S/n) over rows of n = 5, 3 and 3 targets, made S̄ · mean(1/n). */
  @Test
  void openUnlearningRmu_meansOfInverses() {
    Objective objective = OpenUnlearning.rmu(1, 2, 3, 1);
    Objective strict = Objectives.rmu(1, 2, 3);
    try (TinyContext context = new TinyContext(DataType.FLOAT64)) {
      objective.prepare(context.update(1));
      double inverses = (1 / 5.0 + 1 / 3.0 + 1 / 3.0) / 3;
      assertThat(Values.of(objective.retainLoss(context))[0])
          .isCloseTo(Tiny.expected("rmu_retain_openunlearning_bxb_broadcast"), within(1e-9));
      assertThat(Values.of(objective.loss(context))[0])
          .isCloseTo(meanOfSums(context) * inverses, within(1e-9));
      assertThat(context.value(strict)).isNotCloseTo(context.value(objective), within(1e-3));
    }
  }

  /** The mean over rows of the sums over targets, of the direction of seed 3, by loops. */
  private static double meanOfSums(TinyContext context) {
    double[] states = TinyContext.leafValues("forgetStates");
    double[] target =
        Values.of(new Steering(1, 2, 3).vector(context.forget().pass().hiddenStates(1)));
    double sum = 0;
    List<TokenSequence> sequences = Tiny.sequences();
    for (int row = 0; row < Tiny.ROWS; row++) {
      for (int t = sequences.get(row).firstTarget(); t < sequences.get(row).length(); t++) {
        for (int d = 0; d < Tiny.WIDTH; d++) {
          double gap = states[(row * Tiny.POSITIONS + t) * Tiny.WIDTH + d] - target[d];
          sum += gap * gap / Tiny.WIDTH;
        }
      }
    }
    return sum / Tiny.ROWS;
  }

  @Test
  void steering_lengthAndSeed() {
    try (TinyContext context = new TinyContext(DataType.FLOAT64)) {
      NDArray states = context.forget().pass().hiddenStates(1);
      double[] vector = Values.of(new Steering(1, 6.5, 42).vector(states));
      assertThat(Math.sqrt(Arrays.stream(vector).map(x -> x * x).sum()))
          .isCloseTo(6.5, within(1e-12));
      assertThat(Arrays.stream(vector).min().getAsDouble()).isNotNegative();
      assertThat(Values.of(new Steering(3, 6.5, 42).vector(states))).isEqualTo(vector);
      assertThat(Values.of(new Steering(1, 6.5, 43).vector(states))).isNotEqualTo(vector);
    }
  }

  /** With all seven positions, as Open-Unlearning has them: the longest row gets another token. */
  @Test
  void openUnlearningKl_allPositions() {
    try (TinyContext context = new TinyContext(DataType.FLOAT64);
        TokenBatch batch =
            TokenBatch.of(context.retain().pass().batch().manager(), oneTokenMore())) {
      Shape shape = new Shape(Tiny.ROWS, Tiny.POSITIONS, Tiny.VOCABULARY);
      NDArray logits = context.array(Tiny.values("retain", Tiny.POSITIONS), shape);
      NDArray before = context.array(Tiny.values("retainBefore", Tiny.POSITIONS), shape);
      Share share =
          new Share(
              new TinyContext.FakePass(batch, logits, null), logitsOnly(before), 12, Tiny.ROWS);
      assertThat(Values.of(OpenUnlearning.kl().loss(share))[0])
          .isCloseTo(Tiny.expected("kl_retain_batchmean_all_positions"), within(1e-9));
    }
  }

  private static List<TokenSequence> oneTokenMore() {
    List<TokenSequence> sequences = new ArrayList<>(Tiny.sequences());
    int[] ids = Arrays.copyOf(sequences.get(0).ids(), Tiny.POSITIONS + 1);
    sequences.set(0, TokenSequence.of(ids).withPromptLength(2));
    return sequences;
  }

  /** What other masks make of the same numbers per position. */
  @Test
  void operators_otherMasks() {
    try (TinyContext context = new TinyContext(DataType.FLOAT64)) {
      NDArray logits =
          context.array(
              Tiny.values("forget", Tiny.POSITIONS),
              new Shape(Tiny.ROWS, Tiny.POSITIONS, Tiny.VOCABULARY));
      double[] peaks = Values.of(ObjectiveOps.peak(logits));
      double sum = 0;
      List<TokenSequence> sequences = Tiny.sequences();
      for (int row = 0; row < Tiny.ROWS; row++) {
        for (int t = sequences.get(row).firstTarget(); t < sequences.get(row).length(); t++) {
          sum += peaks[row * Tiny.POSITIONS + t];
        }
      }
      assertThat(sum / 11).isCloseTo(Tiny.expected("pdu_forget_unshifted_mask"), within(1e-9));

      NDArray states = context.forget().pass().hiddenStates(1);
      NDArray all = ObjectiveOps.meanSquare(states, direction(states)).mean();
      assertThat(all.getDouble())
          .isCloseTo(Tiny.expected("rmu_forget_original_unmasked_mse"), within(1e-9));
    }
  }

  private static NDArray direction(NDArray states) {
    double[] unit = Tiny.vector("direction");
    double length = Math.sqrt(Arrays.stream(unit).map(x -> x * x).sum());
    double[] scaled = Arrays.stream(unit).map(x -> 2 * x / length).toArray();
    return states
        .getManager()
        .create(scaled, new Shape(scaled.length))
        .toType(states.getDataType(), false);
  }

  private static Reference logitsOnly(NDArray logits) {
    return new Reference() {
      @Override
      public NDArray logLikelihoods() {
        throw new AssertionError("no likelihoods");
      }

      @Override
      public NDArray logits() {
        return logits;
      }

      @Override
      public NDArray hiddenStates(int layer) {
        throw new AssertionError("no hidden states");
      }
    };
  }

  private static Objective nothing() {
    return context -> ObjectiveOps.scale(Objectives.gradientAscent().loss(context), 0);
  }

  private static void assertBothTypes(Objective objective, double expected) {
    try (TinyContext context = new TinyContext(DataType.FLOAT64)) {
      assertThat(context.value(objective)).isCloseTo(expected, within(1e-9));
    }
    try (TinyContext context = new TinyContext(DataType.FLOAT32)) {
      assertThat(context.value(objective)).isCloseTo(expected, within(1e-5));
    }
  }
}
