package dev.unlearn.examples;

import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Teaches a model sequences, among general text, until it knows them. */
final class Teacher {
  private static final int LOOKS_EVERY = 25;
  private static final int MAX_RECITING_UPDATES = 500;
  private static final int SEQUENCES = 64;
  private static final int TOKENS_AT_ONCE = 1 << 13;

  private final double learningRate;
  private final int maxUpdates;
  private final long seed;

  Teacher(double learningRate, int maxUpdates, long seed) {
    this.learningRate = learningRate;
    this.maxUpdates = maxUpdates;
    this.seed = seed;
  }

  /**
   * Trains on sequences, 64 in every update, and half as many general ones.
   *
   * @param wantedAccuracy memorization accuracy at which it is enough, in each of the groups
   * @return the number of updates
   */
  int teach(
      TrainableCausalLm model,
      List<List<TokenSequence>> groups,
      List<TokenSequence> general,
      double wantedAccuracy) {
    Draw sequences = new Draw(groups.stream().flatMap(List::stream).toList(), seed);
    Draw others = new Draw(general, seed);
    try (Updates updates = updates(model)) {
      for (int update = 1; update <= maxUpdates; update++) {
        List<TokenSequence> batch = sequences.next(SEQUENCES);
        batch.addAll(others.next(SEQUENCES / 2));
        updates.update(batch);
        if (update % LOOKS_EVERY == 0 && lowest(model, groups) >= wantedAccuracy) {
          return update;
        }
      }
    }
    double lowest = lowest(model, groups);
    checkState(
        lowest >= wantedAccuracy,
        "after %s updates MA must be >= %s, but was: %s",
        maxUpdates,
        wantedAccuracy,
        lowest);
    return maxUpdates;
  }

  /**
   * Teaches a model records of {@link SyntheticText}, and nothing else, until it says their numbers
   * without a mistake.
   *
   * @return the records, of which only the number counts
   */
  static List<TokenSequence> recite(TrainableCausalLm model, List<String> records) {
    List<TokenSequence> secrets = SyntheticText.secrets(model.tokenizer().sequences(records));
    untilRecited(model, secrets);
    return secrets;
  }

  /** Trains on sequences alone, all of them in every update, until the model recites them. */
  static void untilRecited(TrainableCausalLm model, List<TokenSequence> sequences) {
    try (Updates updates =
        new Updates(model, Objectives.gradientDescent(), Optimizers.adam(3e-3), TOKENS_AT_ONCE)) {
      for (int update = 1; update <= MAX_RECITING_UPDATES; update++) {
        updates.update(sequences);
        if (update % LOOKS_EVERY == 0 && lowest(model, List.of(sequences)) == 1) {
          return;
        }
      }
    }
    throw new IllegalStateException(
        "after " + MAX_RECITING_UPDATES + " updates the model does not recite them");
  }

  /** Trains on general sequences, 64 in every update. */
  void train(TrainableCausalLm model, List<TokenSequence> general, int count) {
    Draw draw = new Draw(general, seed);
    try (Updates updates = updates(model)) {
      for (int update = 0; update < count; update++) {
        updates.update(draw.next(SEQUENCES));
      }
    }
  }

  /** Sequences in a random order, all of them before any comes again. */
  private static final class Draw {
    private final List<TokenSequence> order;
    private final Random random;
    private int position;

    Draw(List<TokenSequence> sequences, long seed) {
      order = new ArrayList<>(sequences);
      random = new Random(seed);
      position = order.size();
    }

    List<TokenSequence> next(int count) {
      List<TokenSequence> drawn = new ArrayList<>(count);
      while (drawn.size() < count) {
        if (position == order.size()) {
          Collections.shuffle(order, random);
          position = 0;
        }
        drawn.add(order.get(position++));
      }
      return drawn;
    }
  }

  private Updates updates(TrainableCausalLm model) {
    return new Updates(
        model, Objectives.gradientDescent(), Optimizers.adam(learningRate), TOKENS_AT_ONCE);
  }

  /** Returns the lowest accuracy of all groups. */
  static double lowest(TrainableCausalLm model, List<List<TokenSequence>> groups) {
    return groups.stream()
        .mapToDouble(group -> MemorizationAccuracy.of().measure(model, group).value())
        .min()
        .orElseThrow();
  }
}
