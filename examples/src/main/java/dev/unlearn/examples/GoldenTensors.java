package dev.unlearn.examples;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.safetensors.SafetensorsFile;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Compares arrays with {@code golden.safetensors}; float32 tolerances. */
final class GoldenTensors {
  private static final double LOGITS = 1e-4;
  private static final double LOSS = 5e-5;
  private static final double GRADIENT = 1e-5;
  private static final double ASCENT = 1e-6;
  private static final double ADAM = 5e-6;
  private static final int PROMPT = 8;
  private static final int MICRO_BATCH_TOKENS = 4096;

  private final Path folder;
  private final SafetensorsFile golden;
  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final Comparison comparison;
  private final TreeSet<String> unused;
  private final List<TokenSequence> rows;
  private final List<TokenSequence> paddedRows;

  GoldenTensors(Path folder, Path file, Comparison comparison) {
    this.folder = folder;
    this.comparison = comparison;
    golden = SafetensorsFile.read(file);
    unused = new TreeSet<>(golden.tensors().keySet());
    rows = rows("input_ids", null);
    paddedRows = rows("padded_input_ids", longs("padded_attention_mask"));
  }

  void verify() {
    try (manager) {
      try (TrainableCausalLm model = CausalLms.load(folder)) {
        forward(model, "", rows);
        hiddenStates(model);
        forward(model, "padded_", paddedRows);
        greedy(model);
        gradients(model, rows, "grad.", "grad_l2");
        gradients(model, paddedRows, null, "padded_grad_l2");
      }
      if (holds("sgd1")) {
        ascent();
      }
      if (holds("adam3")) {
        adam();
      }
      unused.forEach(comparison::missing);
    }
  }

  /** Whether the file has steps of an optimizer: they do not depend on the model's family. */
  private boolean holds(String steps) {
    return golden.tensors().keySet().stream().anyMatch(name -> name.startsWith(steps));
  }

  /** Logits at every position, and losses. */
  private void forward(TrainableCausalLm model, String prefix, List<TokenSequence> sequences) {
    List<double[]> expected = new ArrayList<>();
    List<double[]> actual = new ArrayList<>();
    try (TokenBatch batch = TokenBatch.of(model.manager(), oneLonger(sequences))) {
      NDArray logits = model.pass(batch).logits(); // (B, L, V)
      NDArray golden = array(prefix + "logits");
      for (int row = 0; row < sequences.size(); row++) {
        NDIndex valid = new NDIndex(row + ", :" + sequences.get(row).length());
        expected.add(doubles(golden.get(valid)));
        actual.add(doubles(logits.get(valid)));
      }
    }
    comparison.numbers(prefix + "logits", join(expected), join(actual), LOGITS);

    double[] nll = doubles(array(prefix + "nll"));
    double[] scored = new double[nll.length];
    List<TokenScores> scores = model.score(sequences);
    int width = nll.length / sequences.size();
    for (int row = 0; row < sequences.size(); row++) {
      for (int t = 1; t < sequences.get(row).length(); t++) {
        scored[row * width + t - 1] = -scores.get(row).logProbability(t);
      }
    }
    comparison.numbers(prefix + "nll", nll, scored, LOSS);
    comparison.number(prefix + "loss", scalar(prefix + "loss"), loss(scores), LOSS);
  }

  private void hiddenStates(TrainableCausalLm model) {
    try (TokenBatch batch = TokenBatch.of(model.manager(), rows)) {
      Pass pass = model.pass(batch);
      for (int layer = 0; golden.tensors().containsKey("hidden." + layer); layer++) {
        comparison.numbers(
            "hidden." + layer,
            doubles(array("hidden." + layer)),
            doubles(pass.hiddenStates(layer)),
            LOGITS);
      }
    }
  }

  /** Greedy ids, and how far the best logit was ahead of the second. */
  private void greedy(TrainableCausalLm model) {
    long[] ids = longs("greedy_ids");
    int length = ids.length / rows.size();
    List<TokenSequence> prompts = rows.stream().map(row -> row.head(PROMPT)).toList();
    List<int[]> generated = model.generate(prompts, Decoding.greedyTo(length));
    int[] actual =
        IntStream.range(0, rows.size())
            .flatMap(
                row ->
                    IntStream.concat(
                        IntStream.of(prompts.get(row).ids()), IntStream.of(generated.get(row))))
            .toArray();
    comparison.equal("greedy_ids", Arrays.stream(ids).mapToInt(Math::toIntExact).toArray(), actual);

    List<TokenSequence> whole =
        IntStream.range(0, rows.size())
            .mapToObj(
                r -> TokenSequence.of(Arrays.copyOfRange(actual, r * length, (r + 1) * length)))
            .toList();
    try (TokenBatch batch = TokenBatch.of(model.manager(), whole)) {
      NDArray steps = model.pass(batch).logits().get(new NDIndex(":, " + (PROMPT - 1) + ":"));
      NDArray best = steps.topK(2, -1, true, true).get(0); // (B, steps, 2)
      NDArray margin = best.get(new NDIndex(":, :, 0")).sub(best.get(new NDIndex(":, :, 1")));
      comparison.numbers(
          "greedy_margin", doubles(array("greedy_margin")), doubles(margin), 2 * LOGITS);
    }
  }

  /** Gradients of the loss, each whole where the file has it, and their norms. */
  private void gradients(
      TrainableCausalLm model,
      List<TokenSequence> sequences,
      @Nullable String prefix,
      String norms) {
    List<double[]> gradients = new ArrayList<>();
    Optimizer recorder = new GradientRecorder(gradients);
    List<String> names = List.copyOf(model.parameters().keySet());
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), recorder, MICRO_BATCH_TOKENS)) {
      updates.update(sequences);
    }
    if (prefix != null) {
      for (int i = 0; i < names.size(); i++) {
        comparison.numbers(
            prefix + names.get(i),
            doubles(array(prefix + names.get(i))),
            gradients.get(i),
            GRADIENT);
      }
    }
    double[] actual =
        sortedNames().stream()
            .mapToDouble(name -> norm(gradients.get(names.indexOf(name))))
            .toArray();
    comparison.numbers(norms, doubles(array(norms)), actual, GRADIENT);
  }

  private void ascent() {
    try (TrainableCausalLm model = CausalLms.load(folder);
        Updates updates =
            new Updates(
                model, Objectives.gradientAscent(), Optimizers.sgd(1e-2), MICRO_BATCH_TOKENS)) {
      updates.update(rows);
      for (Map.Entry<String, NDArray> entry : model.parameters().entrySet()) {
        String name = "sgd1." + entry.getKey();
        comparison.numbers(name, doubles(array(name)), doubles(entry.getValue()), ASCENT);
      }
      comparison.number("sgd1_loss", scalar("sgd1_loss"), loss(model.score(rows)), LOSS);
    }
  }

  private void adam() {
    double[] trace = new double[4];
    try (TrainableCausalLm model = CausalLms.load(folder);
        Updates updates =
            new Updates(
                model, Objectives.gradientAscent(), Optimizers.adam(5e-5), MICRO_BATCH_TOKENS)) {
      for (int step = 0; step < 3; step++) {
        trace[step] = updates.update(rows).loss().orElseThrow();
      }
      trace[3] = loss(model.score(rows));
      comparison.numbers("adam3_loss_trace", doubles(array("adam3_loss_trace")), trace, LOSS);
      for (Map.Entry<String, NDArray> entry : model.parameters().entrySet()) {
        String name = "adam3." + entry.getKey();
        double[] expected = doubles(array(name));
        double[] actual = doubles(entry.getValue());
        String mask = "adam3_unstable." + entry.getKey();
        if (golden.tensors().containsKey(mask)) {
          byte[] unstable = array(mask).toByteArray();
          for (int i = 0; i < unstable.length; i++) {
            actual[i] = unstable[i] == 0 ? actual[i] : expected[i];
          }
        }
        comparison.numbers(name, expected, actual, ADAM);
      }
    }
  }

  private static double loss(List<TokenScores> scores) {
    double sum = scores.stream().mapToDouble(TokenScores::negativeLogLikelihood).sum();
    return sum / scores.stream().mapToInt(s -> s.sequence().targetCount()).sum();
  }

  private static double norm(double[] values) {
    return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
  }

  private List<TokenSequence> rows(String name, long @Nullable [] mask) {
    long[] ids = longs(name);
    int length = (int) array(name).getShape().get(1);
    List<TokenSequence> result = new ArrayList<>();
    for (int from = 0; from < ids.length; from += length) {
      int start = from;
      int[] row =
          IntStream.range(from, from + length)
              .filter(i -> mask == null || mask[i] == 1)
              .map(i -> Math.toIntExact(ids[i]))
              .toArray();
      if (row.length == 0) {
        throw new IllegalArgumentException("row at " + start + " of " + name + " is all padding");
      }
      result.add(TokenSequence.of(row));
    }
    return result;
  }

  /** One token more, so that the logits after the last one are there, too. */
  private static List<TokenSequence> oneLonger(List<TokenSequence> sequences) {
    return sequences.stream()
        .map(s -> TokenSequence.of(Arrays.copyOf(s.ids(), s.length() + 1)))
        .toList();
  }

  private List<String> sortedNames() {
    List<String> names = new ArrayList<>();
    for (JsonElement name :
        JsonParser.parseString(golden.metadata().get("param_order_sorted")).getAsJsonArray()) {
      names.add(name.getAsString());
    }
    return names;
  }

  private NDArray array(String name) {
    unused.remove(name);
    return golden.array(manager, name);
  }

  private double scalar(String name) {
    return doubles(array(name))[0];
  }

  private long[] longs(String name) {
    return array(name).toLongArray();
  }

  private static double[] doubles(NDArray array) {
    if (array.getDataType() == DataType.FLOAT64) {
      return array.toDoubleArray();
    }
    float[] values = array.toFloatArray();
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  private static double[] join(List<double[]> parts) {
    return parts.stream().flatMapToDouble(Arrays::stream).toArray();
  }
}
