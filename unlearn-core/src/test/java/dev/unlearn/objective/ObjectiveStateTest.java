package dev.unlearn.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.types.DataType;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveMemory;
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
    assertThat(context.memory().get("pdu.multiplier", -1)).isZero();
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
    assertThat(memory.numbers()).containsOnlyKeys("kto.constant");
    assertThat(memory.get("kto.constant", 0)).isEqualTo(-0.5);
    now[0] = -3;
    kto.prepare(update);
    assertThat(memory.get("kto.constant", 0)).isEqualTo(-1.5);
  }

  @Test
  void ceU_nothingLeft() {
    Objective ceU = Objectives.ceU(5);

    assertThatThrownBy(() -> ceU.prepare(context.update(1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "ce-u skips the first 5 targets of each sequence, so one of the update must have more,"
                + " but none has");
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
