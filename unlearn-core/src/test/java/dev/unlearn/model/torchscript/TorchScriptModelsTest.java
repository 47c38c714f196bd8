package dev.unlearn.model.torchscript;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** TorchScript modules against the numbers that Python computes with them. */
@Tag("engine")
@ParameterizedClass
@ValueSource(strings = {"ids", "ids_tied", "ids_mask", "ids_positions", "dropout", "past"})
final class TorchScriptModelsTest {
  private static final int VOCABULARY = 40;

  @Parameter String name;

  private Map<String, double[]> golden;
  private TrainableCausalLm model;

  @BeforeEach
  void open() {
    golden = Fixtures.golden(name);
    model = Fixtures.load(name);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void score_everyPosition() {
    List<TokenScores> scores = model.score(Fixtures.ROWS);

    double[] expected = golden("nll");
    int width = expected.length / 2;
    double[] actual = new double[expected.length];
    for (int row = 0; row < 2; row++) {
      for (int t = 1; t < Fixtures.ROWS.get(row).length(); t++) {
        actual[row * width + t - 1] = -scores.get(row).logProbability(t);
      }
    }
    assertThat(Values.distance(actual, expected)).isLessThan(1e-5);
    assertThat(Fixtures.loss(model)).isCloseTo(golden("loss")[0], within(1e-5));
  }

  @Test
  void logits_everyPositionButTheLast() {
    TokenSequence longer = Fixtures.ROWS.get(0);
    try (TokenBatch batch = TokenBatch.of(model.manager(), List.of(longer))) {
      double[] logits = Values.of(model.pass(batch).logits());

      double[] expected = Arrays.copyOf(golden("logits"), logits.length);
      assertThat(logits).hasSize((longer.length() - 1) * VOCABULARY);
      assertThat(Values.distance(logits, expected)).isLessThan(1e-5);
    }
  }

  /** A tensor with two names would move twice as far, and be listed twice. */
  @Test
  void update_movesEachParameterByItsGradient() {
    Map<String, double[]> before = values();
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.sgd(1), 4096)) {
      assertThat(updates.update(Fixtures.ROWS).loss().orElseThrow())
          .isCloseTo(golden("loss")[0], within(1e-5));
    }

    Map<String, double[]> after = values();
    assertThat(golden.keySet().stream().filter(key -> key.startsWith("grad.")))
        .hasSize(after.size());
    after.forEach(
        (parameter, now) -> {
          double[] gradient = golden("grad." + parameter);
          for (int i = 0; i < now.length; i++) {
            assertThat(now[i] - before.get(parameter)[i])
                .as("%s[%s]", parameter, i)
                .isCloseTo(gradient[i], within(1e-6));
          }
        });
  }

  @Test
  void generate_followsTheScores() {
    TokenSequence prompt = TokenSequence.of(3, 1);

    int[] generated = model.generate(List.of(prompt), Decoding.greedy(4)).get(0);

    TokenSequence whole =
        TokenSequence.of(3, 1, generated[0], generated[1], generated[2], generated[3]);
    TokenScores scores = model.score(List.of(whole)).get(0);
    for (int t = 2; t < whole.length(); t++) {
      assertThat(scores.greedy(t)).isEqualTo(whole.id(t));
    }
  }

  @Test
  void info_andShape() {
    assertThat(model.info().family()).isEqualTo("torchscript");
    assertThat(model.vocabularySize()).isEqualTo(VOCABULARY);
    assertThat(model.contextLength())
        .isEqualTo(name.equals("dropout") ? SignatureProbe.LONGEST : Fixtures.POSITIONS);
    assertThat(model.tokenizer()).isSameAs(Fixtures.NO_TOKENIZER);
  }

  private Map<String, double[]> values() {
    Map<String, double[]> values = new HashMap<>();
    model.parameters().forEach((parameter, array) -> values.put(parameter, Values.of(array)));
    return values;
  }

  private double[] golden(String tensor) {
    double[] values = golden.get(tensor);
    if (values == null) {
      throw new AssertionError("no golden " + tensor);
    }
    return values;
  }
}
