package dev.unlearn.benchmarks;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.CausalLms;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.model.Precision;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.ToDoubleFunction;

/**
 * Measures gradient-ascent updates, forward, backward and Adam, each over all sequences: seconds,
 * processor time, page faults and the peak of resident memory. The first update is not counted in
 * the medians. Linux only.
 *
 * <p>The share of the peak is the time that the matrix products of an update would take at the
 * speed of this machine's fastest square float32 products, measured first, by the seconds it took.
 * Counted are, per token and value of a matrix, 2 operations forward, 2 backward to what came in
 * (with an adapter nobody needs that of the first projections; they are counted all the same), and
 * 2 for the matrix's gradient if it is trained. Not counted are the products of attention, and what
 * is computed a second time to save memory.
 *
 * <p>The Java heap is part of resident memory: {@code -Xmx256m -XX:+UseSerialGC} are enough for a
 * model folder. Random weights of a named shape go through the heap and stay in direct buffers:
 * {@code -Xmx1g -XX:MaxDirectMemorySize=8g} for 1.3b.
 */
public final class StepRun {
  private static final String USAGE =
      """
      usage: StepRun [options]
        --model DIR         a folder of a model
        --shape NAME        instead: 16m, 125m or 1.3b, a GPT-Neo with random weights, default 16m
        --ids CSV           sequences, default random ids
        --sequences N       the first N of them, default 8
        --length N          their first tokens, default 200
        --steps N           updates that are counted, default 5
        --precision NAME    float32, bfloat16 or float16 operands, default float32
        --lora RANK         trains an adapter of all linear layers in the blocks instead
        --learning-rate X   default 5e-5
        --micro-batch N     tokens of a micro-batch, default 4096
        --way ours|djl      this library's update, or DJL's own trainer, default ours""";

  private static final List<String> NAMES =
      List.of(
          "model",
          "shape",
          "ids",
          "sequences",
          "length",
          "steps",
          "precision",
          "lora",
          "learning-rate",
          "micro-batch",
          "way");

  private static final String LINEAR_LAYERS = ".*[0-9].*";

  private final CommandLine line;
  private final TrainableCausalLm model;
  private final List<TokenSequence> sequences;

  private StepRun(CommandLine line, TrainableCausalLm model) throws IOException {
    this.line = line;
    this.model = model;
    int count = line.integer("sequences", 8);
    int length = line.integer("length", 200);
    List<TokenSequence> all =
        line.has("ids")
            ? IdsFile.read(Path.of(line.text("ids", "")))
            : Models.sequences(count, length, model.vocabularySize());
    sequences = all.stream().limit(count).map(sequence -> sequence.head(length)).toList();
  }

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    CommandLine line = CommandLine.parse(USAGE, 0, NAMES, args);
    long ofJava = ResidentMemory.bytes();
    double peak;
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      peak = MatrixProducts.peak(manager);
    }
    long ofPyTorch = ResidentMemory.bytes();
    System.out.printf(
        Locale.ROOT,
        "matrix products: %.1f GFLOP/s; resident memory: %d MiB as Java began, %d with PyTorch%n",
        peak / 1e9,
        ofJava >> 20,
        ofPyTorch >> 20);
    try (TrainableCausalLm model =
        line.has("model")
            ? CausalLms.load(Path.of(line.text("model", "")), options(line))
            : NeoShape.named(line.text("shape", "16m")).randomModel(options(line))) {
      new StepRun(line, model).run(peak);
    }
  }

  private static LoadOptions options(CommandLine line) {
    Precision precision =
        switch (line.text("precision", "float32")) {
          case "bfloat16" -> Precision.BFLOAT16_MIXED;
          case "float16" -> Precision.FLOAT16_MIXED;
          default -> Precision.FLOAT32;
        };
    return LoadOptions.builder().precision(precision).build();
  }

  private void run(double peak) throws IOException {
    double perToken = MatrixProducts.perToken(model);
    double learningRate = line.number("learning-rate", 5e-5);
    if (line.text("way", "ours").equals("djl")) {
      checkArgument(!line.has("lora"), "--way djl has no --lora");
      NeoShape shape =
          line.has("model")
              ? NeoShape.of(Path.of(line.text("model", "")))
              : NeoShape.named(line.text("shape", "16m"));
      try (DjlTrainer trainer = new DjlTrainer(shape, model, sequences, (float) learningRate)) {
        measure(trainer::step, 3 * perToken, peak);
      }
    } else if (line.has("lora")) {
      try (Adapter adapter =
          Adapters.lora().rank(line.integer("lora", 8)).targets(LINEAR_LAYERS).attach(model)) {
        measureOurs(learningRate, 2 * perToken + 3 * adapterOperations(), peak);
      }
    } else {
      measureOurs(learningRate, 3 * perToken, peak);
    }
  }

  /** Returns the operations of one token, forward, in the adapter's matrices. */
  private double adapterOperations() {
    return 2.0 * model.parameters().values().stream().mapToLong(NDArray::size).sum();
  }

  private void measureOurs(double learningRate, double operationsPerToken, double peak)
      throws IOException {
    try (Updates updates =
        new Updates(
            model,
            Objectives.gradientAscent(),
            Optimizers.adam(learningRate),
            line.integer("micro-batch", 4096))) {
      measure(() -> updates.update(sequences).loss().orElseThrow(), operationsPerToken, peak);
    }
  }

  private void measure(DoubleSupplier step, double operationsPerToken, double peak)
      throws IOException {
    long tokens = sequences.stream().mapToLong(TokenSequence::length).sum();
    System.gc();
    long before = ResidentMemory.bytes();
    ResidentMemory.startPeak();
    System.out.printf(
        Locale.ROOT,
        "%s, %,d parameters, %,d of them trained; %d sequences, %d tokens%n",
        model.info().family(),
        model.info().parameterCount(),
        model.parameters().values().stream().mapToLong(NDArray::size).sum(),
        sequences.size(),
        tokens);
    System.out.printf(
        "%4s  %9s  %8s  %7s  %7s  %9s%n", "step", "loss", "seconds", "user", "system", "faults");
    int steps = line.integer("steps", 5);
    Step[] counted = new Step[steps];
    for (int i = 0; i <= steps; i++) {
      Step taken = Step.take(step);
      taken.print(i);
      if (i > 0) {
        counted[i - 1] = taken;
      }
    }
    double seconds = median(counted, Step::seconds);
    System.out.printf(
        Locale.ROOT,
        "median %.3f s, processor %.2f + %.2f s, %.0f faults; %.0f tokens/s; %.0f %% of the peak;"
            + " resident memory %d MiB before, %d at the peak%n",
        seconds,
        median(counted, taken -> taken.cost().userSeconds()),
        median(counted, taken -> taken.cost().systemSeconds()),
        median(counted, taken -> (double) taken.cost().faults()),
        tokens / seconds,
        100 * tokens * operationsPerToken / peak / seconds,
        before >> 20,
        ResidentMemory.peakBytes() >> 20);
  }

  private static double median(Step[] steps, ToDoubleFunction<Step> part) {
    return Timing.median(Arrays.stream(steps).mapToDouble(part).toArray());
  }

  private record Step(double loss, double seconds, ProcessCost cost) {
    static Step take(DoubleSupplier step) throws IOException {
      ProcessCost before = ProcessCost.now();
      long start = System.nanoTime();
      double loss = step.getAsDouble();
      double seconds = Timing.secondsSince(start);
      return new Step(loss, seconds, ProcessCost.now().minus(before));
    }

    void print(int number) {
      System.out.printf(
          Locale.ROOT,
          "%4d  %9.4f  %8.3f  %7.2f  %7.2f  %9d%n",
          number,
          loss,
          seconds,
          cost.userSeconds(),
          cost.systemSeconds(),
          cost.faults());
    }
  }
}
