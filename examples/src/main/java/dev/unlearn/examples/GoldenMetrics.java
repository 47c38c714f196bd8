package dev.unlearn.examples;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.unlearn.CausalLms;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;

/** Compares metrics and continuations with {@code golden.json}. */
final class GoldenMetrics {
  private static final double LOSS = 5e-5;

  /** Both sides count the same integers; only the order of summing doubles differs. */
  private static final double EXACT = 1e-12;

  private final Path folder;
  private final JsonObject golden;
  private final Comparison comparison;

  GoldenMetrics(Path folder, JsonObject golden, Comparison comparison) {
    this.folder = folder;
    this.golden = golden;
    this.comparison = comparison;
  }

  void verify() {
    List<JsonObject> expected = objects(golden.getAsJsonArray("sequences"));
    List<TokenSequence> sequences =
        expected.stream().map(e -> TokenSequence.of(ints(e.getAsJsonArray("tokens")))).toList();
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      scores(expected, model.score(sequences));
      continuations(expected, model, sequences);
      MetricResult ma = MemorizationAccuracy.of().measure(model, sequences);
      JsonObject mean = golden.getAsJsonObject("mean_over_sequences");
      compare("MA", ma, mean.get("MA"), expected.stream().map(e -> e.get("MA")).toList());
      for (JsonElement order : golden.getAsJsonArray("n_values")) {
        String n = order.getAsString();
        MetricResult el = ExtractionLikelihood.of(order.getAsInt()).measure(model, sequences);
        compare(
            "EL_" + n,
            el,
            mean.getAsJsonObject("EL").get(n),
            expected.stream().map(e -> e.getAsJsonObject("EL").get(n)).toList());
      }
    }
  }

  private void scores(List<JsonObject> expected, List<TokenScores> scores) {
    for (int i = 0; i < expected.size(); i++) {
      TokenScores score = scores.get(i);
      int length = score.sequence().length();
      comparison.number(
          "sequence " + i + " mean loss",
          expected.get(i).get("nll_mean").getAsDouble(),
          score.negativeLogLikelihood() / (length - 1),
          LOSS);
      comparison.equal(
          "sequence " + i + " hits",
          ints(expected.get(i).getAsJsonArray("MA_hits")),
          IntStream.range(1, length).map(t -> score.hit(t) ? 1 : 0).toArray());
    }
  }

  private void continuations(
      List<JsonObject> expected, TrainableCausalLm model, List<TokenSequence> sequences) {
    List<int[]> all =
        sequences.stream().map(s -> IntStream.range(1, s.length()).toArray()).toList();
    List<GreedyContinuations> actual = model.continueGreedily(sequences, all);
    for (int i = 0; i < expected.size(); i++) {
      JsonObject greedy = expected.get(i).getAsJsonObject("greedy");
      GreedyContinuations mine = actual.get(i);
      comparison.equal(
          "sequence " + i + " greedy continuations",
          IntStream.of(all.get(i))
              .flatMap(t -> IntStream.of(ints(greedy.getAsJsonArray(Integer.toString(t)))))
              .toArray(),
          IntStream.of(all.get(i)).flatMap(t -> IntStream.of(mine.after(t))).toArray());
    }
  }

  private void compare(
      String what, MetricResult actual, JsonElement mean, List<JsonElement> perSequence) {
    comparison.number(what + " mean", mean.getAsDouble(), actual.value(), EXACT);
    for (int i = 0; i < perSequence.size(); i++) {
      comparison.number(
          "sequence " + i + " " + what,
          perSequence.get(i).getAsDouble(),
          actual.perSequence().get(i),
          EXACT);
    }
  }

  private static List<JsonObject> objects(JsonArray array) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  private static int[] ints(JsonArray array) {
    return StreamSupport.stream(array.spliterator(), false)
        .mapToInt(JsonElement::getAsInt)
        .toArray();
  }
}
