package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;

/**
 * What must be decoded to know greedy continuations, and how they follow from it.
 *
 * <p>Greedy decoding from prefix t whose first choice is the true token is in the same state as
 * greedy decoding from prefix t + 1. So one teacher-forced pass, which has the greedy choice at
 * every position, leaves only rollouts from positions where that choice is wrong, and has the first
 * token of each.
 */
public final class GreedyRollouts {
  private final List<TokenSequence> sequences;
  private final List<int[]> prefixLengths;
  private final List<TokenScores> scores;
  private final int order;
  private final List<int[]> ids; // of each sequence
  private final List<Rollout> rollouts = new ArrayList<>();

  /** For each sequence, the numbers of its rollouts by position. */
  private final List<Map<Integer, Integer>> numbers = new ArrayList<>();

  /**
   * One rollout: the sequence's first {@code position} tokens, then {@code first}, then tokens to
   * be decoded greedily until there are {@code newTokens} with {@code first}, or {@link #isOver}.
   *
   * @param sequence index of the sequence
   * @param position where the model's choice is wrong, in [1, length)
   * @param first the model's choice there
   * @param newTokens length of the sequence less {@code position}
   */
  public record Rollout(int sequence, int position, int first, int newTokens) {

    /** Leaves out the token: it stands next to what may have to be forgotten. */
    @Override
    public String toString() {
      return "Rollout[sequence=%s, position=%s, newTokens=%s]"
          .formatted(sequence, position, newTokens);
    }
  }

  private GreedyRollouts(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order) {
    this.sequences = sequences;
    this.prefixLengths = prefixLengths;
    this.scores = scores;
    this.order = order;
    ids = sequences.stream().map(TokenSequence::ids).toList();
  }

  /**
   * Finds the rollouts, in the order of sequences and positions.
   *
   * @param prefixLengths for each sequence, prefix lengths in [1, length); may be none
   * @param scores of the sequences
   * @param order the length of the shortest n-grams of the sequences that are looked for; 1 for all
   *     tokens
   * @throws IllegalArgumentException if the lists differ in size, scores are of another sequence, a
   *     prefix length is outside its range, or {@code order < 1}
   */
  public static GreedyRollouts of(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order) {
    checkOrder(order);
    checkArgument(
        prefixLengths.size() == sequences.size() && scores.size() == sequences.size(),
        "there must be prefix lengths and scores for each of %s sequences, but there were for %s"
            + " and %s",
        sequences.size(),
        prefixLengths.size(),
        scores.size());
    checkLengths(sequences, prefixLengths);
    GreedyRollouts result = new GreedyRollouts(sequences, prefixLengths, scores, order);
    for (int index = 0; index < sequences.size(); index++) {
      result.find(index);
    }
    return result;
  }

  /**
   * Refuses what {@link #of} refuses, before there are scores.
   *
   * @throws IllegalArgumentException if the lists differ in size, a prefix length is outside its
   *     range, or {@code order < 1}
   */
  public static void check(List<TokenSequence> sequences, List<int[]> prefixLengths, int order) {
    checkOrder(order);
    checkArgument(
        prefixLengths.size() == sequences.size(),
        "there must be prefix lengths for each of %s sequences, but there were for %s",
        sequences.size(),
        prefixLengths.size());
    checkLengths(sequences, prefixLengths);
  }

  /**
   * Asks a listener whether to go on.
   *
   * @throws CancellationException if it cancels
   */
  public static void checkNotCancelled(DecodingListener listener) {
    if (listener.cancelled()) {
      throw new CancellationException("greedy continuations were cancelled by the listener");
    }
  }

  private static void checkOrder(int order) {
    checkArgument(order >= 1, "order must be >= 1, but was: %s", order);
  }

  private static void checkLengths(List<TokenSequence> sequences, List<int[]> prefixLengths) {
    for (int index = 0; index < sequences.size(); index++) {
      int length = sequences.get(index).length();
      for (int prefixLength : prefixLengths.get(index)) {
        checkArgument(
            prefixLength > 0 && prefixLength < length,
            "prefix lengths of sequence %s must be in [1, %s), but one was: %s",
            index,
            length,
            prefixLength);
      }
    }
  }

  private void find(int index) {
    TokenSequence sequence = sequences.get(index);
    TokenScores score = scores.get(index);
    checkArgument(
        score.sequence().equals(sequence), "scores at %s must be of sequence %s", index, index);
    TreeSet<Integer> misses = new TreeSet<>();
    for (int prefixLength : prefixLengths.get(index)) {
      int miss = nextMiss(score, prefixLength);
      if (miss < sequence.length()) {
        misses.add(miss);
      }
    }
    Map<Integer, Integer> byPosition = new HashMap<>();
    for (int miss : misses) {
      byPosition.put(miss, rollouts.size());
      rollouts.add(new Rollout(index, miss, score.greedy(miss), sequence.length() - miss));
    }
    numbers.add(byPosition);
  }

  /** Returns the rollouts to decode. */
  public List<Rollout> rollouts() {
    return List.copyOf(rollouts);
  }

  /**
   * Returns whether a rollout need not go on: all its tokens are there, or no n-gram that is still
   * to be completed can occur in the sequence. With fewer than n tokens to come, all of those
   * n-grams have the place T - n in them, and what has been decoded from there on.
   *
   * @param number of the rollout
   * @param tokens its new tokens
   * @param count how many of those have been decoded
   */
  public boolean isOver(int number, int[] tokens, int count) {
    Rollout rollout = rollouts.get(number);
    int left = rollout.newTokens() - count;
    if (left == 0 || left >= order) {
      return left == 0;
    }
    int[] sequence = ids.get(rollout.sequence());
    int begin = sequence.length - order;
    int length = order - left;
    for (int place = 0; begin >= 0 && place + length <= sequence.length; place++) {
      int same = 0;
      while (same < length && sequence[place + same] == token(rollout, tokens, begin + same)) {
        same++;
      }
      if (same == length) {
        return false;
      }
    }
    return true;
  }

  /** Returns a token of the row that a rollout goes on with. */
  private int token(Rollout rollout, int[] tokens, int index) {
    return index < rollout.position()
        ? ids.get(rollout.sequence())[index]
        : tokens[index - rollout.position()];
  }

  /**
   * Returns the continuations.
   *
   * @param decoded the new tokens of each rollout, its first among them
   * @throws IllegalArgumentException if there are not as many as rollouts, or one ends before it is
   *     {@link #isOver over} or has more than {@link Rollout#newTokens()}
   */
  public List<GreedyContinuations> join(List<int[]> decoded) {
    check(decoded);
    List<GreedyContinuations> result = new ArrayList<>(sequences.size());
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      Map<Integer, int[]> continuations = new HashMap<>();
      for (int prefixLength : prefixLengths.get(index)) {
        int miss = nextMiss(scores.get(index), prefixLength);
        int[] hits = sequence.ids(prefixLength, miss);
        continuations.put(
            prefixLength,
            miss == sequence.length()
                ? hits
                : Ints.concat(hits, decoded.get(verifyNotNull(numbers.get(index).get(miss)))));
      }
      result.add(new GreedyContinuations(continuations, scores.get(index)));
    }
    return result;
  }

  private void check(List<int[]> decoded) {
    checkArgument(
        decoded.size() == rollouts.size(),
        "there must be tokens of each of %s rollouts, but there were of %s",
        rollouts.size(),
        decoded.size());
    for (int number = 0; number < rollouts.size(); number++) {
      int[] tokens = decoded.get(number);
      checkArgument(
          tokens.length > 0
              && tokens.length <= rollouts.get(number).newTokens()
              && isOver(number, tokens, tokens.length),
          "rollout %s must have %s tokens, but had %s",
          number,
          rollouts.get(number).newTokens(),
          tokens.length);
    }
  }

  /** Decodes by generation from prompts, those that grow to one length in one call. */
  List<int[]> generatedBy(CausalLm model, DecodingListener listener) {
    TreeMap<Integer, List<Integer>> byLength = new TreeMap<>();
    for (int number = 0; number < rollouts.size(); number++) {
      int length = sequences.get(rollouts.get(number).sequence()).length();
      byLength.computeIfAbsent(length, unused -> new ArrayList<>()).add(number);
    }
    long total = rollouts.stream().mapToLong(Rollout::newTokens).sum();
    long done = 0;
    int[][] decoded = new int[rollouts.size()][];
    for (Map.Entry<Integer, List<Integer>> entry : byLength.entrySet()) {
      checkNotCancelled(listener);
      List<Integer> group = entry.getValue();
      List<int[]> continuations =
          model.generate(
              group.stream().map(this::prompt).toList(),
              Decoding.greedyTo(entry.getKey()),
              new OfGroup(listener, done, total));
      for (int i = 0; i < group.size(); i++) {
        decoded[group.get(i)] = continuations.get(i);
        done += continuations.get(i).length;
      }
      listener.progressed(done, total);
    }
    return Arrays.asList(decoded);
  }

  private TokenSequence prompt(int number) {
    Rollout rollout = rollouts.get(number);
    return TokenSequence.of(sequences.get(rollout.sequence()).ids(0, rollout.position()));
  }

  /** Returns the first position from {@code position} on that is mispredicted, or the length. */
  private static int nextMiss(TokenScores scores, int position) {
    int next = position;
    while (next < scores.sequence().length() && scores.hit(next)) {
      next++;
    }
    return next;
  }

  /** What the listener hears of one group: not its tokens, and progress after that of others. */
  private record OfGroup(DecodingListener listener, long doneBefore, long total)
      implements DecodingListener {

    @Override
    public void progressed(long doneTokens, long totalTokens) {
      listener.progressed(doneBefore + doneTokens, total);
    }

    @Override
    public boolean cancelled() {
      return listener.cancelled();
    }
  }
}
