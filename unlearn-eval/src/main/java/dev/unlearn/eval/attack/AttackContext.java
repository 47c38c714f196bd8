package dev.unlearn.eval.attack;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.Sample;
import dev.unlearn.spi.CausalLm;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What attacks work on: an unlearned model, what it should have forgotten, text it never saw to
 * compare with, and perhaps the model as it was.
 *
 * <p>Without unseen text no attack decides anything: how much of a text comes out depends on the
 * text, too. Take text of the same kind, cut to the same lengths and prompt lengths ({@link
 * dev.unlearn.eval.UnseenText#cutLike}).
 */
public final class AttackContext {
  /** The confidence of all intervals, unless another is given. */
  public static final double DEFAULT_CONFIDENCE = 0.95;

  private final CausalLm model;
  private final @Nullable CausalLm original;
  private final GroupedSequences forgotten;
  private final GroupedSequences unseen;
  private final double confidence;
  private final double margin;

  private AttackContext(Builder builder) {
    model = builder.model;
    original = builder.original;
    forgotten = builder.forgotten;
    unseen = builder.unseen;
    confidence = builder.confidence;
    margin = builder.margin;
  }

  /** Returns the context of a model, what it should have forgotten, and unseen text. */
  public static AttackContext of(CausalLm model, ForgetSet set, List<TokenSequence> unseen) {
    return builder(model, set).unseen(unseen).build();
  }

  /** Returns a builder for a model and what it should have forgotten. */
  public static Builder builder(CausalLm model, ForgetSet set) {
    return new Builder(requireNonNull(model, "model"), requireNonNull(set, "set"));
  }

  /** Returns the model to attack. */
  public CausalLm model() {
    return model;
  }

  /** Returns the model as it was before it was unlearned. */
  public Optional<CausalLm> original() {
    return Optional.ofNullable(original);
  }

  /** Returns what should be forgotten. */
  public GroupedSequences forgotten() {
    return forgotten;
  }

  /** Returns what the model never saw; may be empty. */
  public GroupedSequences unseen() {
    return unseen;
  }

  /**
   * Measures what was forgotten, unseen text and the original model by one function, and begins the
   * attack's result with it; notes may be added.
   *
   * <p>A strength at which no sequence has a value is left out. Each interval holds on its own, at
   * the confidence of this context, not all together.
   *
   * @param metric the key of the metric that the values are of
   * @throws IllegalArgumentException if the function does not return one value in [0, 1] or NaN per
   *     strength and sequence, or no sequence has a value at any strength
   */
  public AttackResult.Builder measure(
      Attack attack, String metric, List<Strength> strengths, Probe probe) {
    List<List<Double>> values = values(attack, probe, model, forgotten, strengths.size());
    List<Integer> defined = new ArrayList<>();
    for (int i = 0; i < strengths.size(); i++) {
      if (values.get(i).stream().anyMatch(value -> !Double.isNaN(value))) {
        defined.add(i);
      }
    }
    checkArgument(
        !defined.isEmpty(),
        "attack %s must have a value of at least one sequence, but had none of %s: all are too"
            + " short for every strength",
        attack.key(),
        forgotten.sequences().size());
    Optional<List<List<Double>>> control =
        unseen.sequences().isEmpty()
            ? Optional.empty()
            : Optional.of(values(attack, probe, model, unseen, strengths.size()));
    Optional<List<List<Double>>> before =
        original().map(it -> values(attack, probe, it, forgotten, strengths.size()));

    AttackResult.Builder result =
        AttackResult.builder()
            .attack(attack.key())
            .title(attack.title())
            .description(attack.description())
            .metric(metric)
            .margin(margin);
    for (int i : defined) {
      Sample known = Sample.ofShares(values.get(i), forgotten.units());
      Optional<Sample> unknown =
          control.map(lists -> Sample.ofShares(lists.get(i), unseen.units()));
      result.addPoint(
          AttackPoint.builder()
              .setting(strengths.get(i).setting())
              .strength(strengths.get(i).value())
              .forgotten(known.mean(confidence))
              .addAllPerSequence(values.get(i))
              .unseen(unknown.map(sample -> sample.mean(confidence)))
              .before(before.map(lists -> estimate(lists.get(i))))
              .excess(unknown.map(sample -> Sample.difference(known, sample, confidence)))
              .build());
    }
    notes().forEach(result::addNote);
    return result;
  }

  private Estimate estimate(List<Double> values) {
    return Sample.ofShares(values, forgotten.units()).mean(confidence);
  }

  private static List<List<Double>> values(
      Attack attack, Probe probe, CausalLm model, GroupedSequences texts, int strengths) {
    List<List<Double>> values = probe.values(model, texts);
    int sequences = texts.sequences().size();
    checkArgument(
        values.size() == strengths && values.stream().allMatch(list -> list.size() == sequences),
        "attack %s must give a value for each of %s strengths and %s sequences",
        attack.key(),
        strengths,
        sequences);
    return values;
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    if (unseen.sequences().isEmpty()) {
      notes.add("There was no unseen text to compare with, so this decides nothing.");
      return notes;
    }
    double tolerance = mean(forgotten, TokenSequence::length) / 10;
    unequal("is of another length", TokenSequence::length, tolerance).ifPresent(notes::add);
    unequal("has prompts of another length", TokenSequence::promptLength, tolerance)
        .ifPresent(notes::add);
    return notes;
  }

  private Optional<String> unequal(
      String what, ToIntFunction<TokenSequence> tokens, double tolerance) {
    double theirs = mean(unseen, tokens);
    double ours = mean(forgotten, tokens);
    return Math.abs(theirs - ours) <= tolerance
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "Unseen text %s, %.1f tokens on average against %.1f, which alone may make a"
                    + " difference.",
                what,
                theirs,
                ours));
  }

  private static double mean(GroupedSequences texts, ToIntFunction<TokenSequence> tokens) {
    return texts.sequences().stream().mapToInt(tokens).average().orElse(0);
  }

  /** Shows sizes only. */
  @Override
  public String toString() {
    return "AttackContext[forgotten=%s, unseen=%s, original=%s]"
        .formatted(forgotten.sequences().size(), unseen.sequences().size(), original != null);
  }

  /** Builds an {@link AttackContext}. Setting an option twice is an error. Not thread-safe. */
  public static final class Builder {
    private final Set<String> given = new HashSet<>();
    private final CausalLm model;
    private final ForgetSet set;
    private GroupedSequences forgotten;
    private GroupedSequences unseen = GroupedSequences.byName(List.of());
    private @Nullable CausalLm original;
    private double confidence = DEFAULT_CONFIDENCE;
    private double margin = AttackResult.DEFAULT_MARGIN;

    private Builder(CausalLm model, ForgetSet set) {
      this.model = model;
      this.set = set;
      forgotten = GroupedSequences.byName(set.sequences());
    }

    /**
     * Gives the names of the documents or authors that the sequences to forget belong to; by
     * default those of one {@linkplain TokenSequence#name() name} belong together, and one without
     * a name is independent of all others.
     *
     * @throws IllegalArgumentException if there are not as many as sequences
     */
    @CanIgnoreReturnValue
    public Builder units(List<String> names) {
      GroupedSequences value =
          new GroupedSequences(set.sequences(), requireNonNull(names, "names"));
      once("units");
      forgotten = value;
      return this;
    }

    /**
     * Gives text the model never saw; sequences of one {@linkplain TokenSequence#name() name}, as
     * the pieces of one text are that {@link dev.unlearn.eval.UnseenText#cutLike} cuts, belong
     * together.
     */
    @CanIgnoreReturnValue
    public Builder unseen(List<TokenSequence> sequences) {
      GroupedSequences value = GroupedSequences.byName(requireNonNull(sequences, "sequences"));
      once("unseen");
      unseen = value;
      return this;
    }

    /**
     * Gives text the model never saw, and the names of the documents or authors it belongs to.
     *
     * @throws IllegalArgumentException if there are not as many names as sequences
     */
    @CanIgnoreReturnValue
    public Builder unseen(List<TokenSequence> sequences, List<String> names) {
      GroupedSequences value =
          new GroupedSequences(
              requireNonNull(sequences, "sequences"), requireNonNull(names, "names"));
      once("unseen");
      unseen = value;
      return this;
    }

    /** Gives the model as it was, which is attacked in the same way. */
    @CanIgnoreReturnValue
    public Builder original(CausalLm before) {
      requireNonNull(before, "before");
      once("original");
      original = before;
      return this;
    }

    /**
     * Sets the confidence of all intervals; {@value #DEFAULT_CONFIDENCE} by default.
     *
     * @throws IllegalArgumentException if it is not in (0, 1)
     */
    @CanIgnoreReturnValue
    public Builder confidence(double value) {
      checkArgument(value > 0 && value < 1, "confidence must be in (0, 1), but was: %s", value);
      once("confidence");
      confidence = value;
      return this;
    }

    /**
     * Sets the excess over unseen text that counts as none; {@value AttackResult#DEFAULT_MARGIN} by
     * default.
     *
     * @throws IllegalArgumentException if it is not in [0, 1)
     */
    @CanIgnoreReturnValue
    public Builder margin(double value) {
      checkArgument(value >= 0 && value < 1, "margin must be in [0, 1), but was: %s", value);
      once("margin");
      margin = value;
      return this;
    }

    /** Returns the context. */
    public AttackContext build() {
      return new AttackContext(this);
    }

    private void once(String option) {
      checkState(given.add(option), "%s was already set", option);
    }
  }
}
