package dev.unlearn.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.unlearn.LiveArrays;
import dev.unlearn.TinyModel;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.adapter.TrainedWeights;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.contract.FakeCausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class QuantizationRoundTripTest {
  private static final ForgetSet SET = ForgetSet.of(Counting.texts());
  private static final List<TokenSequence> UNSEEN = Counting.unseen();

  private TrainableCausalLm model;
  private String before;

  @BeforeEach
  void open() {
    model = TinyModel.gpt2(1);
    before = WeightsDigest.of(model);
  }

  @AfterEach
  void weightsAreBack() {
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
    model.close();
  }

  /** A metric that looks at the weights while they are rounded. */
  private static final class Looking implements Metric {
    final List<Map<String, float[]>> seen = new ArrayList<>();

    @Override
    public String key() {
      return "looking";
    }

    @Override
    public MetricResult measure(CausalLm lm, List<TokenSequence> sequences) {
      seen.add(values((TrainableCausalLm) lm));
      return MemorizationAccuracy.of().measure(lm, sequences);
    }

    @Override
    public boolean higherMeansKnown() {
      return true;
    }
  }

  private static Map<String, float[]> values(TrainableCausalLm lm) {
    Map<String, float[]> values = new LinkedHashMap<>();
    lm.parameters().forEach((name, array) -> values.put(name, array.toFloatArray()));
    return values;
  }

  @Test
  void quantization_perOutputInTheLayoutOfTheCheckpoint() {
    Map<String, float[]> original = values(model);
    Looking metric = new Looking();
    AttackResult result =
        Attacks.quantization(metric, Granularity.perRow(), List.of(4))
            .run(AttackContext.builder(model, SET).build());

    assertThat(result.attack()).isEqualTo("quantization_per_row_looking");
    assertThat(metric.seen).hasSize(1);
    int turned = 0;
    for (Map.Entry<String, NDArray> entry : model.parameters().entrySet()) {
      String name = entry.getKey();
      float[] old = original.get(name);
      float[] rounded = metric.seen.get(0).get(name);
      if (entry.getValue().getShape().dimension() != 2) {
        assertThat(rounded).as(name).containsExactly(old);
        continue;
      }
      // Conv1D keeps its inputs in rows, so that an output is a column.
      boolean conv = name.contains("c_attn") || name.contains("c_proj") || name.contains("c_fc");
      turned += conv ? 1 : 0;
      int width = (int) entry.getValue().getShape().get(1);
      for (int i = 0; i < old.length; i++) {
        float largest = 0;
        for (int j = 0; j < old.length; j++) {
          boolean together = conv ? j % width == i % width : j / width == i / width;
          largest = together ? Math.max(largest, Math.abs(old[j])) : largest;
        }
        float step = largest / 7;
        assertThat(rounded[i]).as(name).isEqualTo((float) Math.rint(old[i] / step) * step);
      }
    }
    assertThat(turned).isEqualTo(2 * 4);
  }

  @Test
  void quantization_fewerBitsFromTheWeightsThemselves() {
    Looking both = new Looking();
    Looking alone = new Looking();
    AttackContext context = AttackContext.builder(model, SET).build();
    AttackResult result = Attacks.quantization(both, Granularity.perGroup(4)).run(context);
    AttackResult one =
        Attacks.quantization(alone, Granularity.perGroup(4), List.of(4)).run(context);

    assertThat(result.points())
        .extracting(AttackPoint::setting)
        .containsExactly("8 bits", "4 bits");
    assertThat(result.points()).extracting(AttackPoint::strength).containsExactly(8.0, 4.0);
    assertThat(one.points().get(0).perSequence()).isEqualTo(result.points().get(1).perSequence());
    alone
        .seen
        .get(0)
        .forEach((name, values) -> assertThat(both.seen.get(1).get(name)).containsExactly(values));
  }

  /** What was only shifted by less than rounding moves it comes back. */
  @Test
  void quantization_smallChangesVanish() {
    try (TrainableCausalLm counting = Counting.model();
        TrainableCausalLm unlearnt = Counting.model()) {
      Counting.train(unlearnt, Objectives.gradientAscent(), 1e-6, 1);
      String digest = WeightsDigest.of(unlearnt);
      AttackResult result =
          Attacks.quantization(MemorizationAccuracy.of(), Granularity.perRow())
              .run(AttackContext.builder(unlearnt, SET).unseen(UNSEEN).original(counting).build());

      AttackPoint eight = result.points().get(0);
      assertThat(eight.forgotten().value()).isGreaterThan(0.8);
      assertThat(eight.before().orElseThrow().value()).isGreaterThan(0.8);
      assertThat(result.recovery()).isEqualTo(Recovery.COMES_BACK);
      assertThat(result.notes()).hasSize(2);
      assertThat(result.notes().get(0))
          .matches(
              "Of the weights that unlearning changed, (9\\d|100)\\.\\d % are rounded to the same"
                  + " 8-bit number as before, and 100\\.0 % were changed by less than half a"
                  + " step\\.");
      assertThat(WeightsDigest.of(unlearnt)).isEqualTo(digest);
    }
  }

  @Test
  void quantization_sameModelHasNoChanges() {
    try (TrainableCausalLm same = TinyModel.gpt2(1);
        TrainableCausalLm other = TinyModel.gptNeo(1)) {
      for (TrainableCausalLm original : List.of(same, other)) {
        AttackResult result =
            Attacks.quantization(MemorizationAccuracy.of(), Granularity.perTensor())
                .run(AttackContext.builder(model, SET).unseen(UNSEEN).original(original).build());
        assertThat(result.notes()).isEmpty();
      }
    }
  }

  /** Rounding and measuring may take hours, so that refusals come first. */
  @Test
  void quantization_originalThatCannotBeRounded() {
    Looking metric = new Looking();
    CausalLm fake = FakeCausalLm.ofTable(new int[TinyModel.VOCABULARY]);

    assertThatThrownBy(
            () ->
                Attacks.quantization(metric, Granularity.perRow())
                    .run(AttackContext.builder(model, SET).unseen(UNSEEN).original(fake).build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "attack quantization_per_row_looking changes weights for a while and needs a"
                + " TrainableCausalLm, but was given: dev.unlearn.spi.contract.FakeCausalLm");
    assertThat(metric.seen).isEmpty();
  }

  @Test
  void quantization_metricThrows() {
    Metric failing =
        new Metric() {
          @Override
          public String key() {
            return "failing";
          }

          @Override
          public MetricResult measure(CausalLm lm, List<TokenSequence> sequences) {
            assertThat(WeightsDigest.of(model)).isNotEqualTo(before);
            throw new IllegalStateException("metric failed");
          }

          @Override
          public boolean higherMeansKnown() {
            return true;
          }
        };

    assertThatThrownBy(
            () ->
                Attacks.quantization(failing, Granularity.perTensor())
                    .run(AttackContext.of(model, SET, UNSEEN)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("metric failed");
  }

  @Test
  void quantization_adaptedModel() {
    try (Adapter adapter = Adapters.lora().attach(model)) {
      assertThatThrownBy(
              () ->
                  Attacks.quantization(MemorizationAccuracy.of(), Granularity.perRow())
                      .run(AttackContext.of(model, SET, UNSEEN)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a model with an adapter cannot be rounded: merge the adapter, or close it first");
      assertThat(adapter).isNotNull();
    }
  }

  @Test
  void quantization_choiceOfWeights() {
    try (TrainedWeights some = Adapters.trainOnly(model, ".*mlp.*")) {
      assertThatThrownBy(
              () ->
                  Attacks.quantization(MemorizationAccuracy.of(), Granularity.perRow())
                      .run(AttackContext.of(model, SET, UNSEEN)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "a model that trains some of its weights cannot be rounded as a whole: close"
                  + " that choice first");
      assertThat(some.names()).isNotEmpty();
    }
  }

  @Test
  void quantization_leavesNothingBehind() {
    LiveArrays.assertConstant(
        model.manager(),
        1,
        2,
        () ->
            assertThat(
                    Attacks.quantization(MemorizationAccuracy.of(), Granularity.perGroup(3))
                        .run(AttackContext.of(model, SET, UNSEEN))
                        .points())
                .hasSize(2));
  }

  @Test
  void key_ofWhatIsMeasured() {
    assertThat(Attacks.quantization(MemorizationAccuracy.of(), Granularity.perGroup(64)).key())
        .isEqualTo("quantization_per_group_64_ma");
    assertThat(Attacks.quantization(ExtractionLikelihood.of(3), Granularity.perGroup(64)).key())
        .isEqualTo("quantization_per_group_64_el_3");
  }

  @Test
  void quantization_badNumbers() {
    assertRefused(List.of(4, 8), "bits must decrease, but were: [4, 8]");
    assertRefused(List.of(1), "bits must be in [2, 16], but one was: 1");
    assertRefused(List.of(), "bits must have at least one number, but had none");
    assertThatThrownBy(() -> Granularity.perGroup(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("size must be >= 1, but was: 0");
  }

  private static void assertRefused(List<Integer> bits, String message) {
    assertThatThrownBy(
            () -> Attacks.quantization(MemorizationAccuracy.of(), Granularity.perRow(), bits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
