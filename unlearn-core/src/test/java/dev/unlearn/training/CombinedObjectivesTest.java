package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.RetainTerm;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.spi.train.UpdateContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class CombinedObjectivesTest {
  private final List<String> prepared = new ArrayList<>();
  private NDManager manager;
  private TrainableCausalLm model;
  private TokenBatch batch;
  private ObjectiveContext context;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager();
    model = TinyModel.gpt2(1);
    batch = TokenBatch.of(model.manager(), List.of(TokenSequence.of(1, 2, 3)));
    Share share = new Share(model.pass(batch), OriginalModel.silent(), 2, 1);
    context = new MicroBatchContext(share, null, share, new ObjectiveMemory());
  }

  @AfterEach
  void close() {
    batch.close();
    model.close();
    manager.close();
  }

  @Test
  void withRetain_partsApart() {
    Objective objective = new Constant("a", 3, Double.NaN).withRetain(5, term(7));
    assertThat(objective.loss(context).getFloat()).isEqualTo(3);
    assertThat(objective.retainLoss(context).getFloat()).isEqualTo(35);
    assertThat(objective.needs())
        .containsExactlyInAnyOrder(Need.RETAIN, Need.RETAIN_REFERENCE_LOGITS);
    assertThat(objective.description()).isEqualTo("a + 5.0 term");
  }

  @Test
  void withRetain_twice() {
    Objective objective =
        new Constant("a", 3, Double.NaN).withRetain(5, term(7)).withRetain(2, term(1));
    assertThat(objective.retainLoss(context).getFloat()).isEqualTo(37);
  }

  @Test
  void plus_partsThatAreThere() {
    Objective both = new Constant("a", 3, 10);
    Objective forgetOnly = new Constant("b", 4, Double.NaN);
    assertThat(both.plus(0.5, forgetOnly).loss(context).getFloat()).isEqualTo(5);
    assertThat(both.plus(0.5, forgetOnly).retainLoss(context).getFloat()).isEqualTo(10);
    assertThat(forgetOnly.plus(0.5, both).retainLoss(context).getFloat()).isEqualTo(5);
    assertThat(both.plus(0.5, both).retainLoss(context).getFloat()).isEqualTo(15);
    assertThat(both.plus(0.5, forgetOnly).description()).isEqualTo("a + 0.5 (b)");
    assertThat(forgetOnly.plus(2, forgetOnly).needs()).isEmpty();
  }

  @Test
  void times_bothParts() {
    Objective objective = new Constant("a", 3, 10).times(0.1);
    assertThat(objective.loss(context).getFloat()).isCloseTo(0.3f, within(1e-6f));
    assertThat(objective.retainLoss(context).getFloat()).isCloseTo(1f, within(1e-6f));
    assertThat(objective.needs()).containsExactly(Need.RETAIN);
  }

  @Test
  void prepare_everyPart() {
    UpdateContext update =
        new PreparedUpdate(
            1, new UpdateData(List.of(), List.of(), List.of()), model, null, new ObjectiveMemory());
    new Constant("a", 1, 1)
        .plus(2, new Constant("b", 1, 1).times(3))
        .withRetain(1, term(1))
        .prepare(update);
    assertThat(prepared).containsExactly("a", "b");
  }

  @Test
  void weight_notPositive() {
    Objective objective = new Constant("a", 1, 1);
    for (double weight : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertRefused(() -> objective.times(weight), weight);
      assertRefused(() -> objective.plus(weight, objective), weight);
      assertRefused(() -> objective.withRetain(weight, term(1)), weight);
    }
  }

  private static void assertRefused(Supplier<Objective> call, double weight) {
    assertThatThrownBy(call::get)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weight must be finite and > 0, but was: " + weight);
  }

  private RetainTerm term(double value) {
    return new RetainTerm() {
      @Override
      public NDArray loss(Share retain) {
        assertThat(retain).isSameAs(context.retain());
        return manager.create((float) value);
      }

      @Override
      public Set<Need> needs() {
        return Set.of(Need.RETAIN_REFERENCE_LOGITS);
      }

      @Override
      public String description() {
        return "term";
      }
    };
  }

  /** Has a retain part unless it is NaN. */
  private final class Constant implements Objective {
    private final String name;
    private final double forget;
    private final double retain;

    Constant(String name, double forget, double retain) {
      this.name = name;
      this.forget = forget;
      this.retain = retain;
    }

    @Override
    public NDArray loss(ObjectiveContext context) {
      return manager.create((float) forget);
    }

    @Override
    public NDArray retainLoss(ObjectiveContext context) {
      return manager.create((float) retain);
    }

    @Override
    public Set<Need> needs() {
      return Double.isNaN(retain) ? Set.of() : Set.of(Need.RETAIN);
    }

    @Override
    public void prepare(UpdateContext update) {
      prepared.add(name);
    }

    @Override
    public String description() {
      return name;
    }
  }
}
