package dev.unlearn.attack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.unlearn.CausalLms;
import dev.unlearn.LiveArrays;
import dev.unlearn.TinyModel;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.membership.MembershipAudit;
import dev.unlearn.eval.membership.MembershipScores;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.NoTokenizer;
import dev.unlearn.model.Signature;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.contract.FakeCausalLm;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class GradientNormsTest {
  /** Ragged, with and without a prompt. */
  private static final List<TokenSequence> SEQUENCES =
      List.of(
          TinyModel.random(1, 1, 12).get(0).withPromptLength(4),
          TinyModel.random(2, 1, 7).get(0),
          TinyModel.random(3, 1, 2).get(0));

  private static double euclidean(double[] gradient) {
    return Math.sqrt(Arrays.stream(gradient).map(value -> value * value).sum());
  }

  private static double largest(double[] gradient) {
    return Arrays.stream(gradient).map(Math::abs).max().getAsDouble();
  }

  /** The logits after id i are row i of a table plus a bias, both zero: all ids are alike. */
  private static final class Table extends AbstractBlock {
    private final Parameter table = parameter("table", new Shape(4, 4));
    private final Parameter bias = parameter("bias", new Shape(4));

    private Parameter parameter(String name, Shape shape) {
      return addParameter(
          Parameter.builder()
              .setName(name)
              .setType(Parameter.Type.OTHER)
              .optShape(shape)
              .optInitializer(Initializer.ZEROS)
              .build());
    }

    @Override
    protected NDList forwardInternal(
        ParameterStore store, NDList inputs, boolean training, PairList<String, Object> options) {
      NDArray ids = inputs.get(0);
      return new NDList(
          Embedding.embedding(
                  ids, store.getValue(table, ids.getDevice(), training), SparseFormat.DENSE)
              .singletonOrThrow()
              .add(store.getValue(bias, ids.getDevice(), training)));
    }

    @Override
    public Shape[] getOutputShapes(Shape[] inputs) {
      return new Shape[] {inputs[0].addAll(new Shape(4))};
    }
  }

  @Test
  void norms_byHand() {
    try (Model djl = Model.newInstance("table", Torch.ENGINE)) {
      Table block = new Table();
      djl.setBlock(block);
      block.initialize(djl.getNDManager(), DataType.FLOAT32, new Shape(1, 2));
      try (TrainableCausalLm model = CausalLms.wrap(djl, new NoTokenizer(), Signature.ids(8))) {
        // Every id has probability 1/4. Of 0 1 1 3 the targets are 1 after 0, 1 after 1, 3 after 1.
        // The gradient of the mean loss is a third of 1/4 everywhere, less 1 at the target:
        // row 0 (1 -3 1 1) / 12, row 1 (2 -2 2 -2) / 12; the bias their sum, (3 -5 3 -1) / 12.
        // Squares: 12 + 16 = 28 and 9 + 25 + 9 + 1 = 44.
        List<TokenSequence> sequence = List.of(TokenSequence.of(0, 1, 1, 3));
        double expected = (Math.sqrt(28) + Math.sqrt(44)) / 12 / 2;
        assertThat(GradientNorms.euclidean().norms(model, sequence).get(0))
            .isCloseTo(expected, within(1e-6));
        assertThat(GradientNorms.maximum().norms(model, sequence).get(0))
            .isCloseTo((3 + 5) / 12.0 / 2, within(1e-6));

        // With a prompt of three, 3 after 1 alone: (1 1 1 -3) / 4 in row 1 and in the bias.
        List<TokenSequence> prompted = List.of(sequence.get(0).withPromptLength(3));
        assertThat(GradientNorms.euclidean().norms(model, prompted).get(0))
            .isCloseTo(Math.sqrt(12) / 4, within(1e-6));
        assertThat(GradientNorms.maximum().norms(model, prompted).get(0))
            .isCloseTo(0.75, within(1e-6));
      }
    }
  }

  /** Through whole logits and softmax, without the library's own backward pass of a loss. */
  @Test
  void norms_anotherWay() {
    for (TrainableCausalLm opened : List.of(TinyModel.gpt2(1), TinyModel.gptNeo(1))) {
      try (TrainableCausalLm model = opened) {
        List<Double> euclidean = GradientNorms.euclidean().norms(model, SEQUENCES);
        List<Double> largest = GradientNorms.maximum().norms(model, SEQUENCES);
        for (int i = 0; i < SEQUENCES.size(); i++) {
          assertThat(euclidean.get(i))
              .isCloseTo(
                  meanNorm(model, SEQUENCES.get(i), GradientNormsTest::euclidean), within(1e-5));
          assertThat(largest.get(i))
              .isCloseTo(
                  meanNorm(model, SEQUENCES.get(i), GradientNormsTest::largest), within(1e-5));
        }
      }
    }
  }

  private static double meanNorm(
      TrainableCausalLm model, TokenSequence sequence, ToDoubleFunction<double[]> norm) {
    Torch.zeroGradients(model.parameters().values());
    try (TokenBatch batch = TokenBatch.of(model.manager(), List.of(sequence));
        Torch.GradientMode on = Torch.gradientsOn()) {
      Pass pass = model.pass(batch);
      NDArray next = batch.ids().get(":, 1:").expandDims(-1);
      NDArray loss =
          pass.logits()
              .logSoftmax(-1)
              .gather(next, -1)
              .squeeze(-1)
              .mul(batch.targetMask())
              .sum()
              .div(batch.targetMask().sum())
              .neg();
      Torch.backward(loss, batch.manager().ones(new Shape()));
      pass.backward();
    }
    double mean =
        model.parameters().values().stream()
            .mapToDouble(
                parameter -> {
                  try (NDArray gradient = parameter.getGradient()) {
                    float[] values = gradient.toFloatArray();
                    return norm.applyAsDouble(
                        IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray());
                  }
                })
            .average()
            .orElseThrow();
    Torch.zeroGradients(model.parameters().values());
    return mean;
  }

  @Test
  void norms_leaveNothingBehind() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      String before = WeightsDigest.of(model);
      List<Double> first = GradientNorms.euclidean().norms(model, SEQUENCES);
      assertThat(WeightsDigest.of(model)).isEqualTo(before);
      for (NDArray parameter : model.parameters().values()) {
        try (NDArray gradient = parameter.getGradient()) {
          assertThat(gradient.toFloatArray()).containsOnly(0f);
        }
      }
      assertThat(GradientNorms.euclidean().norms(model, SEQUENCES)).isEqualTo(first);
      LiveArrays.assertConstant(
          model.manager(),
          1,
          3,
          () -> {
            assertThat(GradientNorms.euclidean().norms(model, SEQUENCES)).hasSize(3);
            assertThat(GradientNorms.maximum().norms(model, SEQUENCES)).hasSize(3);
          });
    }
  }

  @Test
  void norms_noTarget() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      List<TokenSequence> sequences = List.of(TokenSequence.of(3), SEQUENCES.get(1));
      assertThat(GradientNorms.euclidean().norms(model, sequences))
          .containsExactly(Double.NaN, GradientNorms.euclidean().norms(model, SEQUENCES).get(1));
    }
  }

  /** What was recited has smaller gradients, and an audit sees it. */
  @Test
  void scores_inAnAudit() {
    ForgetSet members = TinyModel.recited();
    MembershipAudit audit =
        MembershipAudit.builder(members, TinyModel.unseen().sequences())
            .score(MembershipScores.loss())
            .score(GradientNorms.euclidean())
            .score(GradientNorms.maximum())
            .build();
    try (TrainableCausalLm model = TinyModel.reciting();
        TrainableCausalLm untaught = TinyModel.gpt2(1)) {
      audit.run(model).curves().forEach((key, curve) -> assertThat(curve.auc()).as(key).isOne());
      assertThat(audit.run(untaught).curves().get("grad_norm_2").auc()).isLessThan(0.9);
    }
  }

  @Test
  void scores_notTrainable() {
    CausalLm model = FakeCausalLm.ofTable(1, 0);
    assertThatThrownBy(() -> GradientNorms.euclidean().scores(model, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "gradient norms need a TrainableCausalLm, but the model was:"
                + " dev.unlearn.spi.contract.FakeCausalLm");
    assertThat(GradientNorms.euclidean().key()).isEqualTo("grad_norm_2");
    assertThat(GradientNorms.maximum().key()).isEqualTo("grad_norm_inf");
  }
}
