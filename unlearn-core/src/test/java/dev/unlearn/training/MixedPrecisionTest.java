package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.TinyModel;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.model.Precision;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Updates of mixed precision beside those of float32.
 *
 * <p>Gradients go through two blocks of six products each and the head, forward and backward, and
 * each product rounds two operands and its result: 78 roundings one after the other. Each is off by
 * the unit roundoff at most, up or down, which makes about the root of 78 of them: 9 unit roundoffs
 * of the gradient's norm. Twice as much is allowed for what norms and the softmax amplify.
 */
@Tag("engine")
final class MixedPrecisionTest {
  private static final double ROUNDINGS = 9;
  private static final double AMPLIFIED = 2 * ROUNDINGS;
  private static final List<TokenSequence> TEXT = TinyModel.random(5, 6, 20);

  /** The models, by name. */
  enum Shape {
    GPT_NEO(
        """
        {"model_type": "gpt_neo", "vocab_size": 20, "hidden_size": 16, "num_layers": 2,
         "num_heads": 2, "max_position_embeddings": 32, "window_size": 4,
         "attention_types": [[["global", "local"], 1]], "activation_function": "gelu_new",
         "initializer_range": 0.2}
        """,
        "c_fc"),
    GPT2(
        """
        {"model_type": "gpt2", "vocab_size": 20, "n_embd": 16, "n_layer": 2, "n_head": 2,
         "n_positions": 32, "initializer_range": 0.2}
        """,
        "c_attn"),
    LLAMA(llama(false), "k_proj"),
    LLAMA_TIED(llama(true), "down_proj");

    final String config;
    final String adapted;

    Shape(String config, String adapted) {
      this.config = config;
      this.adapted = adapted;
    }

    private static String llama(boolean tied) {
      return """
      {"model_type": "llama", "vocab_size": 20, "hidden_size": 16, "num_hidden_layers": 2,
       "num_attention_heads": 4, "num_key_value_heads": 2, "intermediate_size": 24,
       "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "hidden_act": "silu",
       "tie_word_embeddings": %s, "initializer_range": 0.2}
      """
          .formatted(tied);
    }

    TrainableCausalLm create(Precision precision) {
      return TinyModel.create(config, 3, precision);
    }
  }

  private static double roundoff(Precision precision) {
    return precision == Precision.BFLOAT16_MIXED ? 0x1p-8 : 0x1p-11;
  }

  @ParameterizedTest
  @CsvSource({
    "GPT_NEO,BFLOAT16_MIXED", "GPT_NEO,FLOAT16_MIXED",
    "GPT2,BFLOAT16_MIXED", "GPT2,FLOAT16_MIXED",
    "LLAMA,BFLOAT16_MIXED", "LLAMA,FLOAT16_MIXED",
    "LLAMA_TIED,BFLOAT16_MIXED", "LLAMA_TIED,FLOAT16_MIXED"
  })
  void gradient_nearFloat32(Shape shape, Precision precision) {
    Step expected = step(shape, Precision.FLOAT32, model -> {});
    Step actual = step(shape, precision, model -> {});

    assertNear(actual, expected, roundoff(precision));
  }

  @ParameterizedTest
  @CsvSource({
    "GPT_NEO,BFLOAT16_MIXED",
    "GPT2,FLOAT16_MIXED",
    "LLAMA,BFLOAT16_MIXED",
    "LLAMA_TIED,FLOAT16_MIXED"
  })
  void gradient_ofAnAdapterNearFloat32(Shape shape, Precision precision) {
    Step expected = adapterStep(shape, Precision.FLOAT32);
    Step actual = adapterStep(shape, precision);

    assertThat(expected.changes).hasSize(4);
    assertNear(actual, expected, roundoff(precision));
  }

  private static void assertNear(Step actual, Step expected, double roundoff) {
    double norm = norm(expected.changes, Map.of());
    double difference = norm(actual.changes, expected.changes);
    assertThat(norm).isPositive();
    assertThat(difference / norm).isBetween(roundoff / 8, AMPLIFIED * roundoff);
    assertThat(actual.result.gradientNorm() / expected.result.gradientNorm())
        .isCloseTo(1, within(ROUNDINGS * roundoff));
    // 39 roundings of the forward pass change each logit, and the loss is a mean of 114.
    assertThat(actual.result.loss().orElseThrow())
        .isCloseTo(expected.result.loss().orElseThrow(), within(roundoff));
    assertThat(actual.result.loss()).isNotEqualTo(expected.result.loss());
  }

  /**
   * What one update saw, and by how much it changed the weights: with a rate of 1, the gradient.
   */
  private record Step(UpdateResult result, Map<String, double[]> changes) {}

  private static Step step(Shape shape, Precision precision, Consumer<TrainableCausalLm> prepare) {
    try (TrainableCausalLm model = shape.create(precision)) {
      prepare.accept(model);
      return step(model);
    }
  }

  private static Step adapterStep(Shape shape, Precision precision) {
    try (TrainableCausalLm model = shape.create(precision);
        Adapter adapter =
            Adapters.lora().rank(2).targets(List.of(shape.adapted)).seed(3).attach(model)) {
      // B begins as zeros, which would leave A without a gradient.
      try (Updates updates =
          new Updates(model, Objectives.gradientDescent(), Optimizers.sgd(0.5), 4096)) {
        updates.update(TEXT);
      }
      return step(model);
    }
  }

  private static Step step(TrainableCausalLm model) {
    Map<String, double[]> before = values(model);
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.sgd(1), 64)) {
      UpdateResult result = updates.update(TEXT);
      Map<String, double[]> changes = values(model);
      changes.forEach(
          (name, values) -> {
            for (int i = 0; i < values.length; i++) {
              values[i] -= before.get(name)[i];
            }
          });
      return new Step(result, changes);
    }
  }

  private static Map<String, double[]> values(TrainableCausalLm model) {
    Map<String, double[]> values = new LinkedHashMap<>();
    model.parameters().forEach((name, array) -> values.put(name, Values.of(array)));
    return values;
  }

  private static double norm(Map<String, double[]> of, Map<String, double[]> less) {
    double squares = 0;
    for (Map.Entry<String, double[]> entry : of.entrySet()) {
      double[] values = entry.getValue();
      double[] others = less.getOrDefault(entry.getKey(), new double[values.length]);
      for (int i = 0; i < values.length; i++) {
        squares += (values[i] - others[i]) * (values[i] - others[i]);
      }
    }
    return Math.sqrt(squares);
  }

  /** Metrics decide, so they are of the weights and of nothing else. */
  @ParameterizedTest
  @EnumSource(Shape.class)
  void measurements_areFloat32(Shape shape) {
    for (Precision precision : Precision.values()) {
      try (TrainableCausalLm model = shape.create(precision);
          TrainableCausalLm exact = shape.create(Precision.FLOAT32)) {
        assertThat(loss(model)).isEqualTo(loss(exact));
        assertThat(model.generate(TEXT, Decoding.greedy(5)))
            .containsExactlyElementsOf(exact.generate(TEXT, Decoding.greedy(5)));
        try (var one = dev.unlearn.spi.train.TokenBatch.of(model.manager(), TEXT);
            var other = dev.unlearn.spi.train.TokenBatch.of(exact.manager(), TEXT)) {
          assertThat(model.passWithoutGradients(one).logits().toFloatArray())
              .isEqualTo(exact.passWithoutGradients(other).logits().toFloatArray());
        }
      }
    }
  }

  private static double loss(CausalLm model) {
    return model.score(TEXT).stream().mapToDouble(s -> s.negativeLogLikelihood()).sum();
  }

  /** A pass that trains gives the log-probabilities that its gradient is of. */
  @ParameterizedTest
  @EnumSource(Precision.class)
  void loss_tenUpdates(Precision precision) {
    double[] losses = new double[2];
    for (int i = 0; i < 2; i++) {
      try (TrainableCausalLm model = Shape.GPT_NEO.create(i == 0 ? precision : Precision.FLOAT32);
          Updates updates =
              new Updates(model, Objectives.gradientDescent(), Optimizers.adam(1e-2), 64)) {
        for (int update = 0; update < 10; update++) {
          updates.update(TEXT);
        }
        losses[i] = loss(model) / (6 * 19);
      }
    }
    // Adam's first steps are of one size whatever the gradient: only signs of small ones differ.
    double bound = precision == Precision.FLOAT32 ? 0 : ROUNDINGS * roundoff(precision);
    assertThat(losses[0]).isCloseTo(losses[1], within(bound));
  }
}
