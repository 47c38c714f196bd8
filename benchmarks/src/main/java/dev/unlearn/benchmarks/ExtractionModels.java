package dev.unlearn.benchmarks;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.primitives.Ints;
import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Makes models and sequences for {@link ExtractionRun}: what its way costs depends on how many
 * tokens the model knows.
 *
 * <ul>
 *   <li>In {@code taught}: a small GPT-Neo with random weights, {@code ma0}, and the same taught
 *       random sequences until MA is 0.13, {@code ma13}, 1/2, {@code ma50}, and 0.95, {@code ma95};
 *       {@code ids8.csv} and {@code ids32.csv} hold sequences. Teaching takes about ten minutes on
 *       two cores.
 *   <li>In {@code followed}: a GPT-Neo of the shape of the one with 125 million parameters, {@code
 *       model}, random and never taught, as that would take long; instead the sequences are made
 *       for it. Each next token is the model's own greedy choice with the probability that MA is to
 *       have, else one at random. So there are as many rollouts as at such an MA, but it is no
 *       memorised model: what it says from a wrong token on is not what follows. {@code
 *       ma50-ids8.csv} holds eight sequences of MA 1/2, and so on.
 * </ul>
 */
public final class ExtractionModels {
  private static final String USAGE =
      """
      usage: ExtractionModels OUT [options]
        --taught L,W,H      layers, width and heads, default 4,256,8; 0,0,0 for none
        --followed L,W,H    the same, default 12,768,12
        --vocabulary N      default 50257
        --context N         default 256
        --length N          tokens of a sequence, default 200
        --counts N,N        sequences of each file, default 8,32
        --learning-rate X   of teaching, default 2e-3
        --max-updates N     of teaching, default 300""";

  private static final List<String> NAMES =
      List.of(
          "taught",
          "followed",
          "vocabulary",
          "context",
          "length",
          "counts",
          "learning-rate",
          "max-updates");

  /** Sequences of a micro-batch. */
  private static final int AT_ONCE = 8;

  private final CommandLine line;
  private final int vocabulary;
  private final int length;
  private final int[] counts;

  private ExtractionModels(CommandLine line) {
    this.line = line;
    vocabulary = line.integer("vocabulary", 50_257);
    length = line.integer("length", 200);
    counts = line.integers("counts", "8,32");
  }

  /** Runs it. */
  public static void main(String[] args) throws IOException {
    CommandLine line = CommandLine.parse(USAGE, 1, NAMES, args);
    ExtractionModels models = new ExtractionModels(line);
    int[] taught = line.integers("taught", "4,256,8");
    if (taught[0] > 0) {
      models.teach(taught, Files.createDirectories(line.path(0).resolve("taught")));
    }
    int[] followed = line.integers("followed", "12,768,12");
    if (followed[0] > 0) {
      models.follow(followed, Files.createDirectories(line.path(0).resolve("followed")));
    }
  }

  private void teach(int[] shape, Path out) throws IOException {
    List<TokenSequence> sequences = sequences();
    writeIds(out, "ids", sequences);
    try (TrainableCausalLm model = model(shape);
        Updates updates =
            new Updates(
                model,
                Objectives.gradientDescent(),
                Optimizers.adam(line.number("learning-rate", 2e-3)),
                AT_ONCE * length)) {
      CausalLms.save(model, out.resolve("ma0"));
      int left = line.integer("max-updates", 300);
      for (double wanted : new double[] {0.13, 0.5, 0.95}) {
        double ma = accuracy(model, sequences);
        for (; ma < wanted; ma = accuracy(model, sequences)) {
          checkState(left-- > 0, "MA must reach %s in --max-updates, but was: %s", wanted, ma);
          double loss = updates.update(sequences).loss().orElseThrow();
          System.out.printf(Locale.ROOT, "MA %.3f, loss %.3f%n", ma, loss);
        }
        CausalLms.save(model, out.resolve(name(wanted)));
        System.out.printf(Locale.ROOT, "MA %.3f: written%n", ma);
      }
    }
  }

  private void follow(int[] shape, Path out) throws IOException {
    try (TrainableCausalLm model = model(shape)) {
      CausalLms.save(model, out.resolve("model"));
      for (double wanted : new double[] {0, 0.13, 0.5, 0.95}) {
        List<TokenSequence> sequences = followed(model, wanted);
        writeIds(out, name(wanted) + "-ids", sequences);
        System.out.printf(
            Locale.ROOT, "sequences of MA %.3f: written%n", accuracy(model, sequences));
      }
    }
  }

  /** Returns sequences that follow the model's greedy choice with the given probability. */
  private List<TokenSequence> followed(CausalLm model, double probability) {
    List<TokenSequence> starts = sequences().stream().map(sequence -> sequence.head(1)).toList();
    Decoding decoding =
        Decoding.builder()
            .maxLength(length)
            .logitsTransform((tokens, logits) -> stray(tokens, logits, 1 - probability))
            .build();
    List<int[]> rest = model.generate(starts, decoding);
    return IntStream.range(0, starts.size())
        .mapToObj(i -> TokenSequence.of(Ints.concat(starts.get(i).ids(), rest.get(i))))
        .toList();
  }

  /**
   * Leaves one token at random, with the given probability; what is drawn depends on the tokens.
   */
  private static void stray(int[] tokens, float[] logits, double probability) {
    SplittableRandom random = new SplittableRandom(Arrays.hashCode(tokens));
    if (random.nextDouble() < probability) {
      int chosen = random.nextInt(logits.length);
      Arrays.fill(logits, Float.NEGATIVE_INFINITY);
      logits[chosen] = 0;
    }
  }

  private TrainableCausalLm model(int[] shape) {
    checkArgument(shape.length == 3, "a shape must have 3 numbers, but had: %s", shape.length);
    int context = line.integer("context", 256);
    return Models.gptNeo(shape[0], shape[1], shape[2], vocabulary, context);
  }

  private List<TokenSequence> sequences() {
    return Models.sequences(Arrays.stream(counts).max().orElseThrow(), length, vocabulary);
  }

  private void writeIds(Path out, String name, List<TokenSequence> sequences) throws IOException {
    for (int count : counts) {
      IdsFile.write(out.resolve(name + count + ".csv"), sequences.subList(0, count));
    }
  }

  private static String name(double accuracy) {
    return "ma" + Math.round(100 * accuracy);
  }

  private static double accuracy(CausalLm model, List<TokenSequence> sequences) {
    return MemorizationAccuracy.of().measure(model, sequences).value();
  }
}
