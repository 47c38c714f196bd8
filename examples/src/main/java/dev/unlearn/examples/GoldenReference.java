package dev.unlearn.examples;

import ai.djl.inference.Predictor;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.TranslateException;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Compares a trained model with a {@code golden.json} of its original implementation: losses and
 * last logits of one sequence, and what else it holds of greedy ids, encoded texts, and a corpus
 * beside it with the share of its parts that the model continues word for word.
 */
final class GoldenReference {
  private static final double LOGITS = 1e-4;
  private static final double LOSS = 5e-5;

  private final Path file;
  private final JsonObject golden;
  private final TrainableCausalLm model;
  private final Comparison comparison;

  GoldenReference(Path file, JsonObject golden, TrainableCausalLm model, Comparison comparison) {
    this.file = file;
    this.golden = golden;
    this.model = model;
    this.comparison = comparison;
  }

  static void verify(Path folder, Path file, JsonObject golden, Comparison comparison)
      throws IOException {
    try (TrainableCausalLm model = CausalLms.load(folder)) {
      new GoldenReference(file, golden, model, comparison).verify();
    } catch (TranslateException e) {
      throw new IllegalStateException("the model could not be run", e);
    }
  }

  private void verify() throws IOException, TranslateException {
    int[] ids = ints("input_ids");
    losses(ids);
    comparison.numbers("last logits", doubles("last_logits"), lastLogits(ids), LOGITS);
    if (golden.has("text")) {
      comparison.equal("ids of the text", ids, encode(golden.get("text").getAsString()));
    }
    if (golden.has("greedy_ids")) {
      greedy();
    }
    if (golden.has("encode_examples")) {
      encodings();
    }
    if (Files.exists(file.resolveSibling("corpus.txt"))) {
      corpus();
    }
  }

  private void losses(int[] ids) {
    TokenScores scores = model.score(List.of(TokenSequence.of(ids))).get(0);
    double[] actual =
        IntStream.range(1, ids.length).mapToDouble(t -> -scores.logProbability(t)).toArray();
    String name = golden.has("nll_per_char") ? "nll_per_char" : "nll_per_token";
    comparison.numbers("losses", doubles(name), actual, LOSS);
  }

  private double[] lastLogits(int[] ids) throws TranslateException {
    try (NDManager manager = model.manager().newSubManager()) {
      return floats(logits(manager, ids).get(new NDIndex("0, -1")));
    }
  }

  /** Logits at every position, shape (1, L, V): a pass leaves out the last, which predicts none. */
  private NDArray logits(NDManager manager, int[] ids) throws TranslateException {
    try (Predictor<NDList, CausalLMOutput> predictor = CausalLms.predictor(model)) {
      long[] longs = Arrays.stream(ids).asLongStream().toArray();
      NDArray input = manager.create(longs, new Shape(1, ids.length));
      NDArray positions = manager.arange(0, ids.length, 1, DataType.INT64).expandDims(0);
      return predictor.predict(new NDList(input, positions, input.onesLike())).getLogits();
    }
  }

  private void greedy() {
    int[] all = ints("greedy_ids");
    TokenSequence prompt = TokenSequence.of(all[0]);
    int[] rest = model.generate(List.of(prompt), Decoding.greedyTo(all.length)).get(0);
    comparison.equal("greedy ids", Arrays.copyOfRange(all, 1, all.length), rest);
  }

  /** The examples begin with a special token that is not the text's. */
  private void encodings() {
    int number = 0;
    for (Map.Entry<String, JsonElement> entry :
        golden.getAsJsonObject("encode_examples").entrySet()) {
      int[] expected = ints(entry.getValue().getAsJsonArray());
      if (!entry.getKey().isEmpty()) {
        comparison.equal(
            "encoded text " + number++,
            Arrays.copyOfRange(expected, 1, expected.length),
            encode(entry.getKey()));
      }
    }
  }

  private void corpus() throws IOException, TranslateException {
    int[] ids = encode(Files.readString(file.resolveSibling("corpus.txt")));
    comparison.number(
        "loss of the corpus",
        golden.get("corpus_nll_ctx128").getAsDouble(),
        corpusLoss(ids, 128),
        LOSS);
    for (int length : new int[] {32, 64}) {
      extraction(ids, length);
    }
  }

  /** Mean loss over blocks of a length, each also predicting the token after it. */
  private double corpusLoss(int[] ids, int length) throws TranslateException {
    double sum = 0;
    for (int begin = 0; begin < ids.length - 1; begin += length) {
      int end = Math.min(begin + length, ids.length - 1);
      try (NDManager manager = model.manager().newSubManager()) {
        NDArray logits = logits(manager, Arrays.copyOfRange(ids, begin, end));
        NDArray logProbabilities = logits.get(0).logSoftmax(1); // (L, V)
        for (int i = begin; i < end; i++) {
          sum -= logProbabilities.getFloat(i - begin, ids[i + 1]);
        }
      }
    }
    return sum / (ids.length - 1);
  }

  /** The share of parts, and of their tokens, that the model continues as they are. */
  private void extraction(int[] ids, int length) {
    List<TokenSequence> prompts = new ArrayList<>();
    List<int[]> rest = new ArrayList<>();
    for (int begin = 0; begin + 2 * length <= ids.length; begin += length) {
      prompts.add(TokenSequence.of(Arrays.copyOfRange(ids, begin, begin + length)));
      rest.add(Arrays.copyOfRange(ids, begin + length, begin + 2 * length));
    }
    List<int[]> generated = model.generate(prompts, Decoding.greedy(length));
    double whole = 0;
    double tokens = 0;
    for (int i = 0; i < rest.size(); i++) {
      int[] expected = rest.get(i);
      int[] actual = generated.get(i);
      int same = (int) IntStream.range(0, length).filter(t -> expected[t] == actual[t]).count();
      whole += same == length ? 1 : 0;
      tokens += same / (double) length;
    }
    comparison.numbers(
        "extraction, %d after %d tokens".formatted(length, length),
        doubles("extraction_%d_%d_stride%d".formatted(length, length, length)),
        new double[] {rest.size(), whole / rest.size(), tokens / rest.size()},
        1e-6);
  }

  private int[] encode(String text) {
    return model.tokenizer().encode(text).ids();
  }

  private int[] ints(String name) {
    return ints(golden.getAsJsonArray(name));
  }

  private static int[] ints(JsonArray array) {
    return array.asList().stream().mapToInt(JsonElement::getAsInt).toArray();
  }

  private double[] doubles(String name) {
    return golden.getAsJsonArray(name).asList().stream()
        .mapToDouble(JsonElement::getAsDouble)
        .toArray();
  }

  private static double[] floats(NDArray array) {
    float[] values = array.toFloatArray();
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }
}
