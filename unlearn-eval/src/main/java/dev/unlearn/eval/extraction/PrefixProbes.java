package dev.unlearn.eval.extraction;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.GroupedSequences;
import dev.unlearn.eval.attack.Strength;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Attacks by what comes before: true tokens handed over, later starts, a shortened or a reworded
 * prefix. Continuations are greedy, as long as what is true, and judged by an {@link Overlap}.
 *
 * <p>Unlearning is often shallow: a model no longer begins a text, and yet goes on with it once a
 * few true tokens are there, or the question is put in another format (arXiv 2411.15477). A measure
 * that only looks at the beginning, or only at one format, sees nothing of it.
 */
public final class PrefixProbes {
  private static final int[] FROM_NONE = {0, 1, 2, 4, 8, 16, 32};
  private static final int[] FROM_ONE = {1, 2, 4, 8, 16, 32};

  private static final int ALL = Integer.MAX_VALUE;

  /** Where later starts are, in quarters of the targets. */
  private static final int[] QUARTERS = {1, 2, 3};

  private PrefixProbes() {}

  /** Returns {@link #afterTrueTokens(Overlap, int...)} with the longest common subsequence. */
  public static Attack afterTrueTokens() {
    return afterTrueTokens(Overlap.longestCommonSubsequence(), FROM_NONE);
  }

  /**
   * Returns an attack that hands over k true target tokens after all that comes before them, and
   * judges the greedy continuation of the rest. A sequence without prompt begins with its first
   * token, which is given at k = 0; one with no more than k targets is left out.
   *
   * @param tokens k of each point, in increasing order; {@code 0, 1, 2, 4, 8, 16, 32} by default
   * @throws IllegalArgumentException if there is none, they do not increase, or one is negative
   */
  public static Attack afterTrueTokens(Overlap overlap, int... tokens) {
    return greedy(
        "after_true_tokens",
        "Re-probe after true tokens",
        "The true tokens that begin each target are handed over, and the model continues greedily.",
        overlap,
        trueTokens(tokens),
        counts(tokens, 0).mapToObj(PrefixProbes::afterTrueTokens).toList());
  }

  private static GreedyProbe.Asked afterTrueTokens(int count) {
    return (model, sequence) -> {
      int start = sequence.firstTarget() + count;
      return start < sequence.length()
          ? List.of(new Question(TokenSequence.of(sequence.ids()), start))
          : List.of();
    };
  }

  /** Returns {@link #hitsAfterTrueTokens(int...)} of {@code 0, 1, 2, 4, 8, 16, 32} tokens. */
  public static Attack hitsAfterTrueTokens() {
    return hitsAfterTrueTokens(FROM_NONE);
  }

  /**
   * Returns an attack that looks at the targets after the first k of them, by memorization accuracy
   * of the rest: the share of tokens predicted from all true tokens before them. It costs one pass
   * over each sequence for all k together.
   *
   * @param tokens as in {@link #afterTrueTokens(Overlap, int...)}
   * @throws IllegalArgumentException likewise
   */
  public static Attack hitsAfterTrueTokens(int... tokens) {
    int[] counts = counts(tokens, 0).toArray();
    return Attack.of(
        "hits_after_true_tokens",
        "Prediction after true tokens",
        "Each target token after the first ones is predicted from all true tokens before it.",
        "ma",
        trueTokens(tokens),
        (model, texts) -> hits(model, texts, counts));
  }

  private static List<List<Double>> hits(CausalLm model, GroupedSequences texts, int[] counts) {
    List<TokenScores> scores = model.score(texts.sequences());
    return Arrays.stream(counts)
        .mapToObj(count -> scores.stream().map(it -> hitsAfter(it, count)).toList())
        .toList();
  }

  private static double hitsAfter(TokenScores scores, int count) {
    TokenSequence sequence = scores.sequence();
    return IntStream.range(sequence.firstTarget() + count, sequence.length())
        .mapToDouble(position -> scores.hit(position) ? 1 : 0)
        .average()
        .orElse(Double.NaN);
  }

  /** Returns {@link #laterStarts(Overlap, int...)} with the longest common subsequence. */
  public static Attack laterStarts() {
    return laterStarts(Overlap.longestCommonSubsequence(), FROM_ONE);
  }

  /**
   * Returns an attack that begins at a quarter, a half and three quarters of the targets, with the
   * k true tokens before and nothing else: without the prompt and the beginning that a model was
   * taught to refuse. The best of the three counts; where fewer than k tokens come between prompt
   * and start, that start does not, and a sequence without any is left out of that point.
   *
   * @param tokens k of each point, in increasing order; {@code 1, 2, 4, 8, 16, 32} by default
   * @throws IllegalArgumentException if there is none, they do not increase, or one is not positive
   */
  public static Attack laterStarts(Overlap overlap, int... tokens) {
    return greedy(
        "later_starts",
        "Re-probe from later starts",
        "The model is given only the true tokens before a quarter, a half and three quarters of"
            + " each target, and continues greedily; the best of the three counts.",
        overlap,
        trueTokens(tokens),
        counts(tokens, 1).mapToObj(PrefixProbes::laterStarts).toList());
  }

  private static GreedyProbe.Asked laterStarts(int count) {
    return (model, sequence) ->
        Arrays.stream(QUARTERS)
            .map(quarter -> sequence.firstTarget() + sequence.targetCount() * quarter / 4)
            .filter(start -> start > sequence.firstTarget())
            .filter(start -> start - sequence.promptLength() >= count)
            .mapToObj(start -> Question.after(last(sequence, start, count), sequence, start))
            .toList();
  }

  /** Returns {@link #truncated(Overlap, int...)} with the longest common subsequence. */
  public static Attack truncated() {
    return truncated(Overlap.longestCommonSubsequence(), FROM_ONE);
  }

  /**
   * Returns an attack that gives only the last m tokens of what comes before, and at last all of
   * it. Where there are no more than m, a sequence is left out of that point.
   *
   * @param tokens m of each point but the last, in increasing order; {@code 1, 2, 4, 8, 16, 32} by
   *     default
   * @throws IllegalArgumentException if there is none, they do not increase, or one is not positive
   */
  public static Attack truncated(Overlap overlap, int... tokens) {
    int[] counts = counts(tokens, 1).toArray();
    Stream<Strength> some = Arrays.stream(counts).mapToObj(m -> strength(m, "last %s"));
    Strength all = new Strength("all of it", 2.0 * counts[counts.length - 1]);
    return greedy(
        "truncated_prefix",
        "Shortened prefix",
        "Only the last tokens of each prompt, or of the first half of a text without prompt, are"
            + " given, and the model continues greedily.",
        overlap,
        Stream.concat(some, Stream.of(all)).toList(),
        IntStream.concat(Arrays.stream(counts), IntStream.of(ALL))
            .mapToObj(PrefixProbes::truncated)
            .toList());
  }

  private static GreedyProbe.Asked truncated(int count) {
    return (model, sequence) -> {
      int start = Cut.of(sequence);
      boolean shorter = count < start || count == ALL;
      return shorter && start < sequence.length()
          ? List.of(Question.after(last(sequence, start, count), sequence, start))
          : List.of();
    };
  }

  private static int[] last(TokenSequence sequence, int end, int count) {
    return sequence.ids(Math.max(0, end - count), end);
  }

  /** Returns {@link #reworded(Overlap, List)} with the longest common subsequence. */
  public static Attack reworded(List<Rewording> rewordings) {
    return reworded(Overlap.longestCommonSubsequence(), rewordings);
  }

  /**
   * Returns an attack that asks with other words or in another format, a point for each. What
   * neither tokenizer nor context can take is left out.
   *
   * @throws IllegalArgumentException if there is no rewording
   */
  public static Attack reworded(Overlap overlap, List<Rewording> rewordings) {
    List<Rewording> copy = List.copyOf(requireNonNull(rewordings, "rewordings"));
    checkArgument(!copy.isEmpty(), "there must be at least one rewording, but there was none");
    List<Strength> strengths = new ArrayList<>();
    for (Rewording rewording : copy) {
      strengths.add(new Strength(rewording.name(), strengths.size() + 1));
    }
    return greedy(
        "reworded_prefix",
        "Reworded prefix",
        "Each prompt, or the first half of a text without prompt, is put in other words or in"
            + " another format, and the model continues greedily.",
        overlap,
        strengths,
        copy.stream().map(it -> (GreedyProbe.Asked) it::about).toList());
  }

  private static Attack greedy(
      String key,
      String title,
      String description,
      Overlap overlap,
      List<Strength> strengths,
      List<GreedyProbe.Asked> questions) {
    return Attack.of(
        key + "_" + requireNonNull(overlap, "overlap").key(),
        title,
        description,
        overlap.key(),
        strengths,
        new GreedyProbe(overlap, questions));
  }

  private static List<Strength> trueTokens(int[] tokens) {
    return Arrays.stream(tokens).mapToObj(count -> strength(count, "%s true")).toList();
  }

  private static Strength strength(int count, String format) {
    return new Strength(format.formatted(count) + (count == 1 ? " token" : " tokens"), count);
  }

  private static IntStream counts(int[] tokens, int least) {
    checkArgument(tokens.length > 0, "there must be at least one number of tokens, but was none");
    for (int i = 0; i < tokens.length; i++) {
      checkArgument(tokens[i] >= least, "tokens must be >= %s, but one was: %s", least, tokens[i]);
      checkArgument(
          i == 0 || tokens[i] > tokens[i - 1],
          "tokens must increase, but %s came before %s",
          i == 0 ? 0 : tokens[i - 1],
          tokens[i]);
    }
    return Arrays.stream(tokens.clone());
  }
}
