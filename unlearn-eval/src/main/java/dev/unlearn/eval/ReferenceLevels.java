package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How well another model, the reference, knows the very texts of a forget set: extraction
 * likelihood and memorization accuracy of each. A set counts as forgotten once the unlearned
 * model's means are below the reference's.
 *
 * <p>Jang et al. (arXiv 2210.01504) stop this way in what they call UL; their reference is an OPT
 * of the same size, trained on other data. {@link ForgettingThresholds} ask for more: that a model
 * treats the set like text it never saw (their UL+). A reference that has seen the texts, or often
 * sees text like them, is a low bar: choose a model that was not trained on them.
 *
 * <p>Measured once, before a run. {@code toString} shows sizes and means only.
 */
public final class ReferenceLevels {
  private final int order;
  private final Map<TokenSequence, Level> levels = new HashMap<>();
  private final double meanEl;
  private final double meanMa;

  /**
   * What the reference gives for one sequence.
   *
   * @param el extraction likelihood, in [0, 1]; NaN where undefined
   * @param ma memorization accuracy, in [0, 1]
   */
  public record Level(double el, double ma) {}

  private ReferenceLevels(int order, ForgetSet set, List<Double> el, List<Double> ma) {
    this.order = order;
    for (int index = 0; index < set.size(); index++) {
      levels.put(set.sequences().get(index), new Level(el.get(index), ma.get(index)));
    }
    meanEl = mean(el);
    meanMa = mean(ma);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /**
   * Returns levels that are known already.
   *
   * @param order n of the extraction likelihood
   * @param el one value per sequence of the set, in [0, 1]
   * @param ma one value per sequence of the set, in [0, 1]
   * @throws IllegalArgumentException if {@code order < 1}, there are not as many values as
   *     sequences, or one is not in [0, 1]
   */
  public static ReferenceLevels of(ForgetSet set, int order, List<Double> el, List<Double> ma) {
    checkArgument(order >= 1, "order must be >= 1, but was: %s", order);
    checkShares("el", requireNonNull(el, "el"), requireNonNull(set, "set").size());
    checkShares("ma", requireNonNull(ma, "ma"), set.size());
    return new ReferenceLevels(order, set, el, ma);
  }

  private static void checkShares(String name, List<Double> values, int size) {
    checkArgument(
        values.size() == size,
        "%s must have a value for each of %s sequences, but had %s",
        name,
        size,
        values.size());
    for (double value : values) {
      checkArgument(
          value >= 0 && value <= 1, "%s must be in [0, 1], but one value was: %s", name, value);
    }
  }

  /**
   * Measures a reference model.
   *
   * <p>If its tokenizer reads the set's ids as the same text, it is given the ids. Otherwise the
   * set is decoded by the model's tokenizer and encoded by the reference's own; a prompt is encoded
   * by itself, and so is what follows it, so that the targets are the same text. Both metrics then
   * count the reference's tokens: n-grams of another tokenizer may hold more or less text, and the
   * values of the two models are comparable in the rough only.
   *
   * @param reference the model to compare with
   * @param tokenizer of the model to unlearn, which the set's ids are of
   * @param order n of the extraction likelihood
   * @throws IllegalArgumentException if {@code order < 1}, or a text is too short for it, too long
   *     for the reference, or cannot be encoded
   */
  public static ReferenceLevels measure(
      CausalLm reference, Tokenizer tokenizer, ForgetSet set, int order) {
    requireNonNull(reference, "reference");
    requireNonNull(tokenizer, "tokenizer");
    ExtractionLikelihood likelihood = ExtractionLikelihood.of(order);
    MemorizationAccuracy accuracy = MemorizationAccuracy.of();
    List<TokenSequence> sequences = requireNonNull(set, "set").sequences();
    try {
      List<TokenSequence> read = readBy(reference, tokenizer, sequences);
      Map<String, MetricResult> results = Metrics.measure(reference, read, likelihood, accuracy);
      return new ReferenceLevels(
          order,
          set,
          verifyNotNull(results.get(likelihood.key())).perSequence(),
          verifyNotNull(results.get(accuracy.key())).perSequence());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("reference model: " + e.getMessage(), e);
    }
  }

  private static List<TokenSequence> readBy(
      CausalLm reference, Tokenizer tokenizer, List<TokenSequence> sequences) {
    Tokenizer own = reference.tokenizer();
    if (sequences.stream().allMatch(s -> sameText(reference, tokenizer, s))) {
      return sequences;
    }
    List<TokenSequence> encoded = new ArrayList<>(sequences.size());
    for (int index = 0; index < sequences.size(); index++) {
      try {
        encoded.add(encode(own, tokenizer, sequences.get(index)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("sequence " + index + ": " + e.getMessage(), e);
      }
    }
    return encoded;
  }

  private static boolean sameText(CausalLm reference, Tokenizer tokenizer, TokenSequence sequence) {
    int[] ids = sequence.ids();
    return Arrays.stream(ids).allMatch(id -> id < reference.vocabularySize())
        && reference.tokenizer().decode(ids).equals(tokenizer.decode(ids));
  }

  private static TokenSequence encode(Tokenizer own, Tokenizer tokenizer, TokenSequence sequence) {
    int promptLength = sequence.promptLength();
    TokenSequence targets =
        own.encode(tokenizer.decode(sequence.ids(promptLength, sequence.length())));
    return promptLength == 0
        ? targets
        : own.encode(tokenizer.decode(sequence.prompt())).then(targets);
  }

  /** Returns n of the extraction likelihood. */
  public int order() {
    return order;
  }

  /**
   * Returns what the reference gives for a sequence of the set.
   *
   * @throws IllegalArgumentException if the sequence is not of the set these levels are of
   */
  public Level level(TokenSequence sequence) {
    @Nullable Level level = levels.get(sequence);
    checkArgument(level != null, "the sequence must be of the set that was measured");
    return level;
  }

  /** Returns the reference's mean extraction likelihood over the set. */
  public double meanEl() {
    return meanEl;
  }

  /** Returns the reference's mean memorization accuracy over the set. */
  public double meanMa() {
    return meanMa;
  }

  /**
   * Refuses a forget set these levels are not of.
   *
   * @throws IllegalArgumentException if a sequence of it was not measured
   */
  public void check(ForgetSet set) {
    for (int index = 0; index < set.size(); index++) {
      checkArgument(
          levels.containsKey(set.sequences().get(index)),
          "sequence %s must be of the set the reference was measured on, but is not",
          index);
    }
  }

  @Override
  public String toString() {
    return "ReferenceLevels[order=%d, sequences=%d, el=%s, ma=%s]"
        .formatted(order, levels.size(), meanEl, meanMa);
  }
}
