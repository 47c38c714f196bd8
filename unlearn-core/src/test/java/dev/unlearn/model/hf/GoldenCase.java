package dev.unlearn.model.hf;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Values;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A checkpoint, loaded, and the numbers that the transformers library computes with it. */
final class GoldenCase implements AutoCloseable {
  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final SafetensorsFile golden;
  final TrainableCausalLm model;
  final List<TokenSequence> rows;
  final List<TokenSequence> paddedRows;

  GoldenCase(String name) {
    golden = SafetensorsFile.read(GoldenFolder.of(name).resolve("golden.safetensors"));
    model = CausalLms.load(GoldenFolder.of(name));
    rows = rows("input_ids", null);
    paddedRows = rows("padded_input_ids", array("padded_attention_mask").toLongArray());
  }

  static double loss(List<TokenScores> scores) {
    double sum = scores.stream().mapToDouble(TokenScores::negativeLogLikelihood).sum();
    return sum / scores.stream().mapToInt(s -> s.sequence().targetCount()).sum();
  }

  private List<TokenSequence> rows(String tensor, long[] mask) {
    int[] ids = ids(tensor);
    int length = ids.length / 2;
    return IntStream.of(0, 1)
        .mapToObj(
            row ->
                IntStream.range(row * length, (row + 1) * length)
                    .filter(i -> mask == null || mask[i] == 1)
                    .map(i -> ids[i])
                    .toArray())
        .map(TokenSequence::of)
        .toList();
  }

  int[] ids(String tensor) {
    return Arrays.stream(array(tensor).toLongArray()).mapToInt(Math::toIntExact).toArray();
  }

  double[] golden(String tensor) {
    return Values.of(array(tensor));
  }

  NDArray array(String tensor) {
    return golden.array(manager, tensor);
  }

  boolean has(String tensor) {
    return golden.tensors().containsKey(tensor);
  }

  /** Returns the names of all parameters, sorted. */
  List<String> names() {
    String json = golden.metadata().get("param_order_sorted");
    return JsonParser.parseString(json).getAsJsonArray().asList().stream()
        .map(JsonElement::getAsString)
        .toList();
  }

  @Override
  public void close() {
    model.close();
    manager.close();
  }
}
