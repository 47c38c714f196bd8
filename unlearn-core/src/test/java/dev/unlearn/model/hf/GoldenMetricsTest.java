package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Memorization accuracy, extraction likelihood and what they count, from model to mean. */
@Tag("engine")
@ParameterizedClass
@ValueSource(
    strings = {
      "m1_gpt_neo_memorised",
      "m2_gpt2_partial",
      "m3_gpt_neo_unlearned",
      "m4_gpt2_varlen",
      "m5_gpt_neo_loops"
    })
final class GoldenMetricsTest {
  @Parameter String name;

  private TrainableCausalLm model;
  private JsonObject means;
  private List<JsonObject> expected;
  private List<TokenSequence> sequences;

  @BeforeEach
  void open() throws IOException {
    var folder = GoldenFolder.of("metrics/" + name);
    JsonObject golden =
        JsonParser.parseString(Files.readString(folder.resolve("golden.json"))).getAsJsonObject();
    means = golden.getAsJsonObject("mean_over_sequences");
    expected =
        golden.getAsJsonArray("sequences").asList().stream()
            .map(JsonElement::getAsJsonObject)
            .toList();
    sequences =
        expected.stream().map(e -> TokenSequence.of(ints(e.getAsJsonArray("tokens")))).toList();
    model = CausalLms.load(folder);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void scores_lossAndHits() {
    List<TokenScores> scores = model.score(sequences);

    for (int i = 0; i < expected.size(); i++) {
      TokenScores score = scores.get(i);
      int length = score.sequence().length();
      assertThat(score.negativeLogLikelihood() / (length - 1))
          .isCloseTo(expected.get(i).get("nll_mean").getAsDouble(), within(5e-5));
      assertThat(IntStream.range(1, length).map(t -> score.hit(t) ? 1 : 0).toArray())
          .as("hits of sequence %s", i)
          .isEqualTo(ints(expected.get(i).getAsJsonArray("MA_hits")));
    }
  }

  @Test
  void continueGreedily_everyPrefix() {
    List<int[]> all =
        sequences.stream().map(s -> IntStream.range(1, s.length()).toArray()).toList();

    List<GreedyContinuations> actual = model.continueGreedily(sequences, all);

    for (int i = 0; i < expected.size(); i++) {
      JsonObject greedy = expected.get(i).getAsJsonObject("greedy");
      assertThat(greedy.size()).isEqualTo(all.get(i).length);
      for (int t : all.get(i)) {
        assertThat(actual.get(i).after(t))
            .as("sequence %s after %s tokens", i, t)
            .isEqualTo(ints(greedy.getAsJsonArray(Integer.toString(t))));
      }
    }
  }

  @Test
  void memorizationAccuracy_eachAndMean() {
    assertExact(
        MemorizationAccuracy.of().measure(model, sequences), means.get("MA"), e -> e.get("MA"));
  }

  @Test
  void extractionLikelihood_eachOrderEachAndMean() {
    for (String order : List.of("3", "5", "10")) {
      assertExact(
          ExtractionLikelihood.of(Integer.parseInt(order)).measure(model, sequences),
          means.getAsJsonObject("EL").get(order),
          e -> e.getAsJsonObject("EL").get(order));
    }
  }

  /** Both sides count the same integers; only the order of summing doubles may differ. */
  private void assertExact(
      MetricResult actual, JsonElement mean, Function<JsonObject, JsonElement> each) {
    assertThat(actual.perSequence()).hasSize(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.perSequence().get(i))
          .as("%s of sequence %s", actual.key(), i)
          .isCloseTo(each.apply(expected.get(i)).getAsDouble(), within(1e-12));
    }
    assertThat(actual.value()).isCloseTo(mean.getAsDouble(), within(1e-12));
  }

  private static int[] ints(JsonArray array) {
    return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
  }
}
