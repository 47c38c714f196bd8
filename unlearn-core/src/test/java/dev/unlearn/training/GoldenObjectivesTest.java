package dev.unlearn.training;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.objective.Objectives;
import dev.unlearn.objective.RetainTerms;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Three steps of every objective against those that PyTorch makes, in float64. */
@Tag("engine")
final class GoldenObjectivesTest {
  private static final JsonObject GOLDEN = read();

  static Stream<Arguments> objectives() {
    return Stream.of(
        arguments("gradient-ascent", Objectives.gradientAscent()),
        arguments("gradient-descent", Objectives.gradientDescent()),
        arguments("gradient-difference", Objectives.gradientDifference(0.7)),
        arguments(
            "gradient-ascent+kl", Objectives.gradientAscent().withRetain(2, RetainTerms.kl())),
        arguments("npo", Objectives.npo(0.1)),
        arguments("length-normalized-npo", Objectives.lengthNormalizedNpo(1)),
        arguments("simnpo", Objectives.simNpo(0.7, 0.1)),
        arguments("dpo", Objectives.dpo(0.1)),
        arguments("kto", Objectives.kto(0.5)),
        arguments("wga", Objectives.wga(1)),
        arguments("satimp", Objectives.satImp(1, 0.5)),
        arguments("ce-u", Objectives.ceU()),
        arguments("undial", Objectives.undial(3)),
        arguments(
            "inverted-hinge", Objectives.invertedHinge().withRetain(1, RetainTerms.crossEntropy())),
        arguments("rmu", Objectives.rmu(1, 2, 3).withRetain(1.5, RetainTerms.hiddenStates(1))),
        arguments("pdu", Objectives.pdu(0.3, 2, 1, 1)));
  }

  @ParameterizedTest
  @MethodSource("objectives")
  void steps_equalPyTorch(String name, Objective objective) {
    JsonObject golden = GOLDEN.getAsJsonObject("cases").getAsJsonObject(name);
    JsonArray losses = golden.getAsJsonArray("losses");
    try (TrainableCausalLm model = CausalLms.load(gpt2());
        Snapshot snapshot = new Snapshot(model)) {
      try (Updates away =
          new Updates(model, Objectives.gradientDescent(), Optimizers.sgd(0.5), 4096)) {
        away.update(sequences("forget"));
      }
      UpdateData data = data(objective);
      try (Updates updates =
          new Updates(
              model,
              objective,
              Optimizers.adam(1e-3),
              4096,
              Double.POSITIVE_INFINITY,
              new OriginalModel(model, snapshot, null, MeasuringProgress.NONE),
              new ObjectiveMemory())) {
        for (int step = 0; step < losses.size(); step++) {
          UpdateResult result = updates.update(step + 1, data, tokens -> {});
          double expected = losses.get(step).getAsDouble();
          assertThat(result.objective())
              .as("objective of step %s", step)
              .isCloseTo(expected, within(1e-5 * Math.max(1, Math.abs(expected))));
          assertWeights(model, golden.getAsJsonObject("weights"), step);
        }
      }
    }
  }

  @Test
  void golden_allObjectives() {
    assertThat(GOLDEN.getAsJsonObject("cases").keySet())
        .isEqualTo(objectives().map(arguments -> arguments.get()[0]).collect(toSet()));
  }

  private static void assertWeights(TrainableCausalLm model, JsonObject weights, int step) {
    assertThat(weights.keySet()).hasSizeGreaterThanOrEqualTo(4);
    for (Map.Entry<String, JsonElement> entry : weights.entrySet()) {
      double[] actual = Values.of(model.parameters().get(entry.getKey()));
      int[] at = ints(entry.getValue().getAsJsonObject().getAsJsonArray("at"));
      JsonArray steps = entry.getValue().getAsJsonObject().getAsJsonArray("values");
      JsonArray expected = steps.get(step).getAsJsonArray();
      for (int i = 0; i < at.length; i++) {
        assertThat(actual[at[i]])
            .as("%s, step %s", entry.getKey(), step)
            .isCloseTo(expected.get(i).getAsDouble(), within(1e-6));
      }
    }
  }

  private static UpdateData data(Objective objective) {
    return new UpdateData(
        sequences("forget"),
        objective.needs().contains(Need.ALTERNATIVES) ? sequences("alternatives") : List.of(),
        objective.needs().contains(Need.RETAIN) ? sequences("retain") : List.of());
  }

  private static List<TokenSequence> sequences(String name) {
    return GOLDEN.getAsJsonArray(name).asList().stream()
        .map(JsonElement::getAsJsonObject)
        .map(
            sequence ->
                TokenSequence.of(ints(sequence.getAsJsonArray("ids")))
                    .withPromptLength(sequence.get("prompt").getAsInt()))
        .toList();
  }

  private static int[] ints(JsonArray array) {
    return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
  }

  private static Path gpt2() {
    try {
      return Path.of(GoldenObjectivesTest.class.getResource("/golden/gpt2/config.json").toURI())
          .getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonObject read() {
    try (Reader reader =
        new InputStreamReader(
            GoldenObjectivesTest.class.getResourceAsStream("/objective/steps.json"),
            StandardCharsets.UTF_8)) {
      return JsonParser.parseReader(reader).getAsJsonObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
