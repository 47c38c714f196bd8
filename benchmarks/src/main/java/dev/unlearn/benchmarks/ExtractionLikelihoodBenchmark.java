package dev.unlearn.benchmarks;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Extraction likelihood of eight sequences of 100 tokens on a small GPT-Neo: this library's way
 * against the authors', one generation per prefix length, on the same engine. Both keep keys and
 * values; {@link ExtractionRun} compares them on models of a real vocabulary.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 1)
@Measurement(iterations = 5)
@Fork(1)
public class ExtractionLikelihoodBenchmark {
  private static final int VOCABULARY = 256;
  private static final int LENGTH = 100;
  private static final int ORDER = 10;

  /** Updates of plain training first: 0 leaves MA near 0, 60 brings it near 1. */
  @Param({"0", "60"})
  private int taughtFor;

  private TrainableCausalLm model;
  private List<TokenSequence> sequences;

  /** Makes the model and teaches it. */
  @Setup
  public void setUp() {
    model = Models.gptNeo(4, 64, 4, VOCABULARY, 128);
    sequences = Models.sequences(8, LENGTH, VOCABULARY);
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(3e-3), 4096)) {
      for (int i = 0; i < taughtFor; i++) {
        updates.update(sequences);
      }
    }
  }

  /** Decodes only where the model misses, all such rows together, over prefixes read once. */
  @Benchmark
  public MetricResult ours() {
    return ExtractionLikelihood.of(ORDER).measure(model, sequences);
  }

  /** One call of generate per prefix length, for all sequences. */
  @Benchmark
  public double authorsWay() {
    return new AuthorsWay(model, sequences, 1).extractionLikelihood(ORDER);
  }

  /** Frees the model. */
  @TearDown
  public void tearDown() {
    model.close();
  }
}
