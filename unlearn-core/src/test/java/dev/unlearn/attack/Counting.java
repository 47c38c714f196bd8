package dev.unlearn.attack;

import dev.unlearn.TinyModel;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Texts that count up by one or by two, and a model that was taught to. */
final class Counting {
  private static final int LENGTH = 12;

  private Counting() {}

  /** Memorization accuracy that counts what it is asked to measure. */
  static final class Calls implements Metric {
    int sequences;

    @Override
    public String key() {
      return "calls";
    }

    @Override
    public MetricResult measure(CausalLm model, List<TokenSequence> asked) {
      sequences += asked.size();
      return MemorizationAccuracy.of().measure(model, asked);
    }

    @Override
    public boolean higherMeansKnown() {
      return true;
    }
  }

  /** Returns 36 sequences. */
  static List<TokenSequence> texts() {
    return Stream.of(1, 2)
        .flatMap(step -> IntStream.range(0, 18).mapToObj(start -> text(start, step)))
        .toList();
  }

  private static TokenSequence text(int start, int step) {
    return TokenSequence.of(
        IntStream.range(0, LENGTH)
            .map(i -> 1 + (start + i * step) % (TinyModel.VOCABULARY - 1))
            .toArray());
  }

  /** Returns 36 sequences that follow no rule. */
  static List<TokenSequence> unseen() {
    return TinyModel.random(77, 36, LENGTH);
  }

  /** Returns a new model that counts. */
  static TrainableCausalLm model() {
    TrainableCausalLm model = TinyModel.gpt2(1);
    train(model, Objectives.gradientDescent(), 1e-2, 200);
    return model;
  }

  /** Makes updates over all texts. */
  static void train(TrainableCausalLm model, Objective objective, double rate, int steps) {
    try (Updates updates = new Updates(model, objective, Optimizers.adam(rate), 4096)) {
      for (int step = 0; step < steps; step++) {
        updates.update(texts());
      }
    }
  }
}
