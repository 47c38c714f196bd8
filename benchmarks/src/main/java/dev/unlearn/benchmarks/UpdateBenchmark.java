package dev.unlearn.benchmarks;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.UpdateResult;
import dev.unlearn.training.Updates;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One gradient-ascent update, forward, backward and Adam, over eight sequences of 200 tokens on a
 * GPT-Neo of 16 million parameters (4 layers, 256 wide, 50,257 tokens).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 7)
@Fork(1)
public class UpdateBenchmark {
  private static final int VOCABULARY = 50_257;

  private TrainableCausalLm model;
  private Updates updates;
  private List<TokenSequence> sequences;

  /** Makes the model. */
  @Setup
  public void setUp() {
    model = Models.gptNeo(4, 256, 8, VOCABULARY, 256);
    sequences = Models.sequences(8, 200, VOCABULARY);
    updates = new Updates(model, Objectives.gradientAscent(), Optimizers.adam(5e-5), 4096);
  }

  /** One update. */
  @Benchmark
  public UpdateResult update() {
    return updates.update(sequences);
  }

  /** Frees the model. */
  @TearDown
  public void tearDown() {
    updates.close();
    model.close();
  }
}
