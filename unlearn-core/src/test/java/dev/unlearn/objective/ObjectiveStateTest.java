package dev.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import dev.unlearn.TinyModel;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What objectives use, and what they carry from update to update. */
@Tag("engine")
final class ObjectiveStateTest {
  private static final double RETAIN_LOSS = 2.362002189341212;

  private final TinyContext context = new TinyContext(DataType.FLOAT64);

  @AfterEach
  void close() {
    context.close();
  }

  @ParameterizedTest
  @MethodSource("dev.unlearn.objective.ObjectiveGradientsTest#objectives")
  void needs_areWhatIsUsed(Objective objective) {
    assertThat(context.value(objective)).isFinite();
    assertThat(context.asked()).isEqualTo(objective.needs());
  }

  @Test
  void kto_needsAreWhatIsUsed() {
    needs_areWhatIsUsed(Objectives.kto(0.1));
  }

  /** λ = 2 + 0.5 (C - 1), and once more; the loss is λ (C - 1) with the λ of its update. */
  @Test
  void pdu_multiplierAfterEachUpdate() {
    Objective pdu = Objectives.pdu(1, 2, 0.5, 0);
    double excess = RETAIN_LOSS - 1;

    assertThat(retainLoss(pdu, 1)).isCloseTo(2 * excess, within(1e-9));
    assertThat(retainLoss(pdu, 2)).isCloseTo((2 + 0.5 * excess) * excess, within(1e-9));
    assertThat(retainLoss(pdu, 3)).isCloseTo((2 + excess) * excess, within(1e-9));
  }

  @Test
  void pdu_multiplierNotBelowZero() {
    Objective pdu = Objectives.pdu(10, 2, 0.5, 0);

    assertThat(retainLoss(pdu, 1)).isCloseTo(2 * (RETAIN_LOSS - 10), within(1e-9));
    assertThat(retainLoss(pdu, 2)).isZero(); // 2 - 0.5 · 7.6 < 0
    assertThat(context.memory().get(pdu.description() + ".multiplier", -1)).isZero();
  }

  /** The first two updates leave λ; the third is the first that changes it, before the fourth. */
  @Test
  void pdu_warmUp() {
    Objective pdu = Objectives.pdu(1, 2, 0.5, 2);
    double excess = RETAIN_LOSS - 1;

    for (int epoch = 1; epoch <= 3; epoch++) {
      assertThat(retainLoss(pdu, epoch)).isCloseTo(2 * excess, within(1e-9));
    }
    assertThat(retainLoss(pdu, 4)).isCloseTo((2 + 0.5 * excess) * excess, within(1e-9));
  }

  private double retainLoss(Objective objective, int epoch) {
    objective.prepare(context.update(epoch));
    return Values.of(objective.retainLoss(context))[0];
  }

  /** K is the mean of (-1 - -3, -4 - -1) = (2, -3), then of (0, -3). */
  @Test
  void kto_constantBeforeEachUpdate() {
    Objective kto = Objectives.kto(0.1);
    double[] now = {-1, -4};
    double[] before = {-3, -1};
    ObjectiveMemory memory = new ObjectiveMemory();
    UpdateContext update = update(now, before, memory);

    kto.prepare(update);
    assertThat(memory.numbers()).containsOnlyKeys("kto(beta=0.1).constant");
    assertThat(memory.get("kto(beta=0.1).constant", 0)).isEqualTo(-0.5);
    now[0] = -3;
    kto.prepare(update);
    assertThat(memory.get("kto(beta=0.1).constant", 0)).isEqualTo(-1.5);
  }

  @Test
  void ceU_tooShort() {
    ForgetSet set = ForgetSet.of(TokenSequence.of(1, 2, 3, 4), TokenSequence.of(1, 2, 3));
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      Objectives.ceU(1).check(model, set);
      Objective sum = Objectives.gradientAscent().plus(1, Objectives.ceU(2).times(3));
      assertThatThrownBy(() -> sum.withRetain(1, RetainTerms.crossEntropy()).check(model, set))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("sequence 1 must have more targets than the 2 that ce-u skips, but had: 2");
    }
  }

  /** An update may be left with nothing, where sequences retire or begin later. */
  @Test
  void ceU_nothingLeft() {
    Objective ceU = Objectives.ceU(5);
    ceU.prepare(context.update(1));
    assertThat(Values.of(ceU.loss(context))[0]).isZero();
  }

  @Test
  void ceU_summed() {
    Objective one = Objectives.ceU(1);
    Objective two = Objectives.ceU(2);
    one.prepare(context.update(1));
    two.prepare(context.update(1));
    double apart = Values.of(one.loss(context))[0] + 2 * Values.of(two.loss(context))[0];
    Objective sum = one.plus(2, two);
    sum.prepare(context.update(1));
    assertThat(Values.of(sum.loss(context))[0]).isCloseTo(apart, within(1e-9));
    one.prepare(context.update(1));
    assertThat(apart).isNotEqualTo(3 * Values.of(one.loss(context))[0]);
  }

  @Test
  void rmu_layerTheModelLacks() {
    ForgetSet set = ForgetSet.of(TokenSequence.of(1, 2, 3));
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      Objectives.rmu(2, 1, 1).withRetain(1, RetainTerms.hiddenStates(0)).check(model, set);
      Objective steered = Objectives.rmu(3, 1, 1);
      assertThatThrownBy(() -> steered.check(model, set))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("layer must be in [0, 2], but was: 3");
      OpenUnlearning.rmu(2, 1, 1, 1).check(model, set);
      Objective openUnlearning = OpenUnlearning.rmu(3, 1, 1, 1);
      assertThatThrownBy(() -> openUnlearning.check(model, set))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("layer must be in [0, 2], but was: 3");
      Objective kept = Objectives.gradientAscent().withRetain(1, RetainTerms.hiddenStates(9));
      assertThatThrownBy(() -> kept.check(model, set))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("layer must be in [0, 2], but was: 9");
    }
  }

  private static UpdateContext update(double[] now, double[] before, ObjectiveMemory memory) {
    List<TokenSequence> two = List.of(TokenSequence.of(1, 2), TokenSequence.of(2, 3));
    return new UpdateContext() {
      @Override
      public int epoch() {
        return 1;
      }

      @Override
      public List<TokenSequence> forget() {
        return two;
      }

      @Override
      public List<TokenSequence> alternatives() {
        return two;
      }

      @Override
      public List<TokenSequence> retain() {
        return List.of();
      }

      @Override
      public double[] logLikelihoods(List<TokenSequence> sequences) {
        return now;
      }

      @Override
      public double[] referenceLogLikelihoods(List<TokenSequence> sequences) {
        return before;
      }

      @Override
      public ObjectiveMemory memory() {
        return memory;
      }
    };
  }
}
