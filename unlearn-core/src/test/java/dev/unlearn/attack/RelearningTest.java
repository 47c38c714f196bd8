package dev.unlearn.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Ints;
import dev.unlearn.LiveArrays;
import dev.unlearn.TinyModel;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.TokenLoss;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.contract.FakeCausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class RelearningTest {
  private static final ForgetSet SET = ForgetSet.of(Counting.texts());
  private static final List<TokenSequence> UNSEEN = Counting.unseen();

  /** Counts, but was driven away from it by as few steps as it takes. */
  private static TrainableCausalLm model;

  private static String before;

  @BeforeAll
  static void unlearn() {
    model = Counting.model();
    assertThat(accuracy(model)).isGreaterThan(0.8);
    for (int steps = 0; accuracy(model) >= 0.12; steps++) {
      assertThat(steps).isLessThan(100);
      Counting.train(model, Objectives.gradientAscent(), 1e-3, 1);
    }
    before = WeightsDigest.of(model);
  }

  @AfterEach
  void weightsAreBack() {
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  @Test
  void relearning_superficial() {
    AttackResult result = Attacks.relearning(options()).run(context(model));

    assertThat(result.attack())
        .isEqualTo("relearning_adam_learningRate_0.003_beta1_0.9_beta2_0.98_epsilon_1.0E-8");
    assertThat(result.metric()).isEqualTo("ma");
    assertThat(result.points())
        .extracting(AttackPoint::setting)
        .containsExactly("0 steps", "1 step", "2 steps", "5 steps", "10 steps", "20 steps");
    AttackPoint first = result.points().get(0);
    AttackPoint last = result.points().get(5);
    assertThat(first.forgotten().value()).isLessThan(0.15);
    assertThat(last.forgotten().value()).isGreaterThan(0.8);
    assertThat(last.unseen().orElseThrow().value()).isLessThan(0.2);
    assertThat(result.recovery()).isEqualTo(Recovery.COMES_BACK);
    // Half of 36 are trained on and have no value.
    assertThat(last.perSequence()).hasSize(36);
    assertThat(last.perSequence().stream().filter(value -> value.isNaN())).hasSize(18);
    assertThat(last.forgotten().unitCount()).isEqualTo(18);
    assertThat(last.unseen().orElseThrow().unitCount()).isEqualTo(18);
  }

  /** The same few steps teach a model that never knew either no more of one than of the other. */
  @Test
  void relearning_neverKnown() {
    List<TokenSequence> all = Counting.texts();
    List<TokenSequence> some =
        IntStream.range(0, 36).filter(i -> i % 2 == 0).mapToObj(all::get).toList();
    List<TokenSequence> others =
        IntStream.range(0, 36).filter(i -> i % 2 == 1).mapToObj(all::get).toList();
    try (TrainableCausalLm fresh = TinyModel.gpt2(1)) {
      AttackResult result =
          Attacks.relearning(options()).run(AttackContext.of(fresh, ForgetSet.of(some), others));

      assertThat(result.recovery()).isNotEqualTo(Recovery.COMES_BACK);
    }
  }

  @Test
  void relearning_onlyTheOtherPartIsTrainedOn() {
    Counting.Calls counting = new Counting.Calls();
    AttackResult result =
        Attacks.relearning(
                RelearningOptions.builder().metric(counting).share(0.25).steps(1).build())
            .run(context(model));

    // Nine of 36 are trained on; the others are measured at two points, and so are unseen ones.
    assertThat(counting.sequences).isEqualTo(2 * 2 * 27);
    assertThat(result.metric()).isEqualTo("calls");
  }

  /** Of 36 texts 18 are trained on; of eight unseen ones seven, and one is left to measure. */
  @Test
  void relearning_fewUnseenTexts() {
    RelearningOptions once = RelearningOptions.builder().steps(1).build();
    AttackResult few =
        Attacks.relearning(once).run(AttackContext.of(model, SET, UNSEEN.subList(0, 8)));

    assertThat(few.points().get(0).unseen().orElseThrow().unitCount()).isEqualTo(1);
    assertThat(few.notes())
        .containsExactly(
            "Of unseen text 7 sequences were trained on, against 18 of what was forgotten, which"
                + " alone may make a difference.");
    assertThat(Attacks.relearning(once).run(context(model)).notes()).isEmpty();
  }

  @Test
  void relearning_oneUnseenText() {
    Counting.Calls metric = new Counting.Calls();

    assertThatThrownBy(
            () ->
                Attacks.relearning(RelearningOptions.builder().metric(metric).build())
                    .run(AttackContext.of(model, SET, UNSEEN.subList(0, 1))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "unseen texts of attack relearning_calls must be at least two that are independent, one"
                + " to train on and one to measure, but were: 1");
    assertThat(metric.sequences).isZero();
  }

  @Test
  void relearning_originalThatCannotBeTrained() {
    Counting.Calls metric = new Counting.Calls();
    CausalLm fake = FakeCausalLm.ofTable(new int[TinyModel.VOCABULARY]);

    assertThatThrownBy(
            () ->
                Attacks.relearning(RelearningOptions.builder().metric(metric).build())
                    .run(AttackContext.builder(model, SET).original(fake).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "attack relearning_calls changes weights for a while and needs a TrainableCausalLm,"
                + " but was given: dev.unlearn.spi.contract.FakeCausalLm");
    assertThat(metric.sequences).isZero();
  }

  @Test
  void relearning_onNeighbors() {
    RelearningOptions options =
        RelearningOptions.builder()
            .addAllNeighbors(SET.sequences().subList(0, 6))
            .optimizer(Optimizers.adam(1e-3))
            .steps(20)
            .build();
    AttackResult result =
        Attacks.relearning(options)
            .run(AttackContext.of(model, ForgetSet.of(SET.sequences().subList(6, 36)), UNSEEN));

    assertThat(result.attack()).startsWith("relearning_on_neighbors_adam_");
    AttackPoint last = result.points().get(5);
    assertThat(last.perSequence()).hasSize(30).doesNotContain(Double.NaN);
    assertThat(last.forgotten().value()).isGreaterThan(result.points().get(0).forgotten().value());
    assertThat(options.toString()).doesNotContain("TokenSequence");
  }

  @Test
  void relearning_onNeighborsThatAreMeasured() {
    TokenSequence other = TinyModel.random(5, 1, 12).get(0);
    for (TokenSequence measured : List.of(SET.sequences().get(3), UNSEEN.get(4))) {
      TokenSequence holding = TokenSequence.of(Ints.concat(other.ids(), measured.ids()));
      Attack attack =
          Attacks.relearning(
              RelearningOptions.builder().addAllNeighbors(List.of(other, holding)).build());

      assertThatThrownBy(() -> attack.run(context(model)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("neighbors must hold nothing of what is measured, but neighbor 1 does");
    }
  }

  @Test
  void relearning_metricThrows() {
    Metric failing =
        new Metric() {
          private int calls;

          @Override
          public String key() {
            return "failing";
          }

          @Override
          public MetricResult measure(CausalLm lm, List<TokenSequence> sequences) {
            if (calls++ == 2) {
              assertThat(WeightsDigest.of(model)).isNotEqualTo(before);
              throw new IllegalStateException("metric failed");
            }
            return MemorizationAccuracy.of().measure(lm, sequences);
          }

          @Override
          public boolean higherMeansKnown() {
            return true;
          }
        };

    assertThatThrownBy(
            () ->
                Attacks.relearning(RelearningOptions.builder().metric(failing).build())
                    .run(context(model)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("metric failed");
  }

  @Test
  void relearning_diverges() {
    RelearningOptions options =
        RelearningOptions.builder().optimizer(Optimizers.sgd(1e30)).steps(5).build();

    assertThatThrownBy(() -> Attacks.relearning(options).run(context(model)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "relearning failed in step \\d: loss or gradient became NaN or infinite");
  }

  @Test
  void relearning_leavesNothingBehind() {
    RelearningOptions options = RelearningOptions.builder().steps(1).build();
    LiveArrays.assertConstant(
        model.manager(),
        1,
        2,
        () -> assertThat(Attacks.relearning(options).run(context(model)).points()).hasSize(2));
  }

  @Test
  void relearning_modelThatCannotBeTrained() {
    CausalLm fake = FakeCausalLm.ofTable(new int[TinyModel.VOCABULARY]);

    assertThatThrownBy(() -> Attacks.relearning().run(context(fake)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "attack relearning changes weights for a while and needs a TrainableCausalLm, but was"
                + " given: dev.unlearn.spi.contract.FakeCausalLm");
  }

  @Test
  void key_ofWhatIsNotTheDefault() {
    assertThat(Attacks.relearning().key()).isEqualTo("relearning");
    assertThat(
            Attacks.relearning(
                    RelearningOptions.builder()
                        .metric(ExtractionLikelihood.of(3))
                        .share(0.25)
                        .seed(5)
                        .build())
                .key())
        .isEqualTo("relearning_el_3_share_0.25_seed_5");
    assertThat(
            Attacks.relearning(
                    RelearningOptions.builder().optimizer(Optimizers.sgd(0.5)).steps(5).build())
                .key())
        .isEqualTo("relearning_sgd_learningRate_0.5");
    assertThat(
            Attacks.relearning(
                    RelearningOptions.builder().addAllNeighbors(UNSEEN.subList(0, 1)).build())
                .key())
        .isEqualTo("relearning_on_neighbors");
  }

  @Test
  void build_badNumbers() {
    assertThatThrownBy(() -> RelearningOptions.builder().steps(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("steps must be > 0, but was: 0");
    assertThatThrownBy(() -> RelearningOptions.builder().share(1).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("share must be in (0, 1), but was: 1.0");
    assertThatThrownBy(() -> RelearningOptions.builder().metric(TokenLoss.of()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "an attack needs a metric that is higher if a text is known better, but loss is not");
  }

  private static RelearningOptions options() {
    return RelearningOptions.builder().optimizer(Optimizers.adam(3e-3)).build();
  }

  private static AttackContext context(CausalLm attacked) {
    return AttackContext.of(attacked, SET, UNSEEN);
  }

  private static double accuracy(CausalLm lm) {
    return MemorizationAccuracy.of().measure(lm, SET.sequences()).value();
  }
}
