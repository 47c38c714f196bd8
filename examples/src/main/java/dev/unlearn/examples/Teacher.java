package dev.unlearn.examples;

import static com.google.common.base.Preconditions.checkState;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Teaches a model sequences, among general text, until it knows them. */
final class Teacher {
  private static final int LOOKS_EVERY = 25;
  private static final int MAX_RECITING_UPDATES = 500;
  private static final int BATCH = 64;
  private static final int TOKENS_AT_ONCE = 1 << 13;

  private final double learningRate;
  private final int maxUpdates;
  private final int batch;
  private final long seed;
  private final PrintStream progress;

  Teacher(double learningRate, int maxUpdates, long seed) {
    this(learningRate, maxUpdates, BATCH, seed, new PrintStream(OutputStream.nullOutputStream()));
  }

  /**
   * Creates a teacher.
   *
   * @param batch sequences in every update
   * @param progress hears of the loss now and then
   */
  Teacher(double learningRate, int maxUpdates, int batch, long seed, PrintStream progress) {
    this.learningRate = learningRate;
    this.maxUpdates = maxUpdates;
    this.batch = batch;
    this.seed = seed;
    this.progress = progress;
  }

  /**
   * Trains on sequences, a batch in every update, and half as many general ones.
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
        List<TokenSequence> drawn = sequences.next(batch);
        drawn.addAll(others.next(batch / 2));
        update(updates, update, drawn);
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

  /** Trains on general sequences, a batch in every update. */
  void train(TrainableCausalLm model, List<TokenSequence> general, int count) {
    Draw draw = new Draw(general, seed);
    try (Updates updates = updates(model)) {
      for (int update = 1; update <= count; update++) {
        update(updates, update, draw.next(batch));
      }
    }
  }

  private void update(Updates updates, int number, List<TokenSequence> drawn) {
    double loss = updates.update(drawn).loss().orElseThrow();
    if (number % LOOKS_EVERY == 0) {
      progress.printf(Locale.ROOT, "update %d, loss %.3f%n", number, loss);
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
