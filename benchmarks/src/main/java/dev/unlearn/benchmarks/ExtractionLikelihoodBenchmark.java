package dev.unlearn.benchmarks;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
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
import org.openjdk.jmh.infra.Blackhole;

/**
 * Extraction likelihood of eight sequences of 100 tokens on a small GPT-Neo: by chaining, against
 * one generation per prefix as the authors' code does, on the same engine.
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

  /** The library's way. */
  @Benchmark
  public MetricResult chained() {
    return ExtractionLikelihood.of(ORDER).measure(model, sequences);
  }

  /** One call of generate per prefix length, for all sequences. */
  @Benchmark
  public void everyPrefix(Blackhole blackhole) {
    for (int prefix = 1; prefix <= LENGTH - ORDER; prefix++) {
      int length = prefix;
      List<TokenSequence> prompts = sequences.stream().map(s -> s.head(length)).toList();
      blackhole.consume(model.generate(prompts, Decoding.greedyTo(LENGTH)));
    }
  }

  /** Frees the model. */
  @TearDown
  public void tearDown() {
    model.close();
  }
}
