package dev.unlearn.attack;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.base.CharMatcher;
import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.attack.GroupedSequences;
import dev.unlearn.eval.attack.Strength;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.model.SequenceChecks;
import dev.unlearn.objective.Objectives;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.BorrowedWeights;
import dev.unlearn.training.UpdateResult;
import dev.unlearn.training.Updates;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** {@link Attacks#relearning(RelearningOptions)}. */
final class Relearning implements Attack {
  private static final long[] ROUND = {1, 2, 5};
  private static final RelearningOptions DEFAULTS = RelearningOptions.defaults();

  /** What an optimizer's description has between its words and numbers. */
  private static final CharMatcher NO_NAME = CharMatcher.anyOf("(=, )");

  private final RelearningOptions options;

  Relearning(RelearningOptions options) {
    this.options = options;
  }

  @Override
  public String key() {
    String metric = options.metric().key();
    String optimizer = options.optimizer().description();
    StringBuilder key = new StringBuilder("relearning");
    if (onNeighbors()) {
      key.append("_on_neighbors");
    }
    if (!metric.equals(DEFAULTS.metric().key())) {
      key.append('_').append(metric);
    }
    if (!optimizer.equals(DEFAULTS.optimizer().description())) {
      key.append('_').append(NO_NAME.trimAndCollapseFrom(optimizer, '_'));
    }
    if (!onNeighbors() && options.share() != DEFAULTS.share()) {
      key.append("_share_").append(options.share());
    }
    if (!onNeighbors() && options.seed() != DEFAULTS.seed()) {
      key.append("_seed_").append(options.seed());
    }
    return key.toString();
  }

  @Override
  public String title() {
    return onNeighbors() ? "Relearning on related text" : "Relearning on a part";
  }

  @Override
  public String description() {
    String steps =
        "Steps of "
            + options.optimizer().description()
            + ", each over all that is trained on, measured by "
            + options.metric().key()
            + ".";
    return onNeighbors()
        ? "The model is fine-tuned on related text for a few steps. " + steps
        : "The model is fine-tuned for a few steps on a part of the texts, a share of "
            + options.share()
            + ", and the other part is measured. "
            + steps;
  }

  private boolean onNeighbors() {
    return !options.neighbors().isEmpty();
  }

  @Override
  public AttackResult run(AttackContext context) {
    List<Strength> strengths =
        points().stream()
            .map(count -> new Strength(count + (count == 1 ? " step" : " steps"), count))
            .toList();
    int shared = (int) Math.round(options.share() * context.forgotten().sequences().size());
    Measuring.check(key(), context);
    checkNeighbors(context);
    List<String> notes = onNeighbors() ? List.of() : notes(context, shared);
    AttackResult.Builder result =
        context.measure(
            this,
            options.metric().key(),
            strengths,
            (model, texts) -> values(model, texts, shared));
    notes.forEach(result::addNote);
    return result.build();
  }

  /** What was just learned by heart, on whichever side, would make the comparison worthless. */
  private void checkNeighbors(AttackContext context) {
    for (int index = 0; index < options.neighbors().size(); index++) {
      List<Integer> neighbor = Ints.asList(options.neighbors().get(index).ids());
      checkArgument(
          Stream.of(context.forgotten(), context.unseen())
              .flatMap(texts -> texts.sequences().stream())
              .noneMatch(it -> Collections.indexOfSubList(neighbor, Ints.asList(it.ids())) >= 0),
          "neighbors must hold nothing of what is measured, but neighbor %s does",
          index);
    }
  }

  /** Draws the parts before anything is trained, so that too few texts are refused at once. */
  private List<String> notes(AttackContext context, int shared) {
    int taught = draw(context.forgotten(), shared, "texts to forget").shared().size();
    if (context.unseen().sequences().isEmpty()) {
      return List.of();
    }
    int unseen = draw(context.unseen(), shared, "unseen texts").shared().size();
    return 10 * Math.abs(unseen - taught) <= taught
        ? List.of()
        : List.of(
            ("Of unseen text %d sequences were trained on, against %d of what was forgotten, which"
                    + " alone may make a difference.")
                .formatted(unseen, taught));
  }

  private Parts draw(GroupedSequences texts, int shared, String what) {
    return Parts.draw(texts, shared, options.seed(), what + " of attack " + key());
  }

  /** Returns after how many steps it is measured: 0, 1, 2, 5, 10, 20, 50, ... and the last. */
  private List<Integer> points() {
    List<Integer> points = new ArrayList<>(List.of(0));
    for (long decade = 1; decade < options.steps(); decade *= 10) {
      for (long factor : ROUND) {
        if (factor * decade < options.steps()) {
          points.add((int) (factor * decade));
        }
      }
    }
    points.add(options.steps());
    return points;
  }

  private List<List<Double>> values(CausalLm given, GroupedSequences texts, int shared) {
    TrainableCausalLm model = Measuring.trainable(key(), given);
    Parts parts = onNeighbors() ? Parts.allHeldOut(texts) : draw(texts, shared, "texts");
    List<TokenSequence> taught =
        onNeighbors()
            ? options.neighbors()
            : parts.shared().stream().map(texts.sequences()::get).toList();
    SequenceChecks.check("text to relearn", taught, model);
    List<List<Double>> values = new ArrayList<>();
    try (BorrowedWeights borrowed = new BorrowedWeights(model);
        Updates updates =
            new Updates(
                model,
                Objectives.gradientDescent(),
                options.optimizer(),
                options.microBatchTokens())) {
      int done = 0;
      for (int steps : points()) {
        for (; done < steps; done++) {
          UpdateResult result = updates.update(taught);
          checkState(
              result.isFinite(),
              "relearning failed in step %s: loss or gradient became NaN or infinite",
              done + 1);
        }
        values.add(Measuring.values(options.metric(), model, texts.sequences(), parts.heldOut()));
      }
    }
    return values;
  }

  @Override
  public String toString() {
    return key();
  }
}
