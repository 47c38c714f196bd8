package dev.unlearn.model.generation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.common.io.Resources;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.spi.Decoding;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Probabilities of the next token, as the transformers library 5.18 computes them.
 *
 * <p>{@code sampling.json} was made with its RepetitionPenaltyLogitsProcessor on float32, then its
 * TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper and a softmax on float64. Logits are
 * random; among them are ties, also with the k-th, values around 30,000 and -0. {@code null} is
 * minus infinity. No tie goes through the limit of topP, where the library keeps the highest ids
 * and not, as here, the lowest.
 */
final class TokenChooserGoldenTest {

  static Stream<JsonObject> cases() throws IOException {
    String json = Resources.toString(Resources.getResource("golden/sampling.json"), UTF_8);
    return JsonParser.parseString(json).getAsJsonArray().asList().stream()
        .map(JsonElement::getAsJsonObject);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void choose_probabilities(JsonObject golden) {
    Decoding decoding =
        Decoding.builder()
            .newTokens(1)
            .temperature(golden.get("temperature").getAsDouble())
            .topK(golden.get("topK").getAsInt())
            .topP(golden.get("topP").getAsDouble())
            .repetitionPenalty(golden.get("repetitionPenalty").getAsDouble())
            .build();
    float[] logits = logits(golden.getAsJsonArray("logits"));
    int[] tokens = ints(golden.getAsJsonArray("tokens"));
    Candidates candidates = new Candidates();

    int chosen = new TokenChooser(decoding, 0, candidates).choose(tokens, logits);

    double[] expected = doubles(golden.getAsJsonArray("probabilities"));
    double[] actual = candidates.probabilities(logits.length);
    for (int id = 0; id < expected.length; id++) {
      assertThat(actual[id]).as("id %s", id).isCloseTo(expected[id], within(1e-6));
      assertThat(actual[id] > 0).as("id %s may be drawn", id).isEqualTo(expected[id] > 0);
    }
    assertThat(expected[chosen]).isPositive();
  }

  private static float[] logits(JsonArray array) {
    float[] logits = new float[array.size()];
    for (int id = 0; id < logits.length; id++) {
      JsonElement logit = array.get(id);
      logits[id] = logit.isJsonNull() ? Float.NEGATIVE_INFINITY : logit.getAsFloat();
    }
    return logits;
  }

  private static int[] ints(JsonArray array) {
    return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
  }

  private static double[] doubles(JsonArray array) {
    return array.asList().stream().mapToDouble(JsonElement::getAsDouble).toArray();
  }
}
