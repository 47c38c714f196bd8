package dev.unlearn.spi;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Greedy continuations by one teacher-forced pass and a rollout at each mispredicted position.
 *
 * <p>Exact, because greedy decoding from prefix t whose first choice is the true token is in the
 * same state as greedy decoding from prefix t + 1.
 */
final class ChainedContinuations {
  private final CausalLm model;
  private final List<TokenScores> scores;

  ChainedContinuations(CausalLm model, List<TokenScores> scores) {
    this.model = model;
    this.scores = scores;
  }

  List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences, List<int[]> prefixLengths) {
    for (int index = 0; index < sequences.size(); index++) {
      for (int prefixLength : prefixLengths.get(index)) {
        checkArgument(
            prefixLength > 0 && prefixLength < sequences.get(index).length(),
            "prefix lengths of sequence %s must be in [1, %s), but one was: %s",
            index,
            sequences.get(index).length(),
            prefixLength);
      }
    }
    Map<Rollout, int[]> rollouts = new HashMap<>();
    for (int index = 0; index < sequences.size(); index++) {
      for (int prefixLength : prefixLengths.get(index)) {
        int miss = nextMiss(scores.get(index), prefixLength);
        if (miss < sequences.get(index).length()) {
          rollouts.put(new Rollout(index, miss), new int[0]);
        }
      }
    }
    decode(sequences, rollouts);

    List<GreedyContinuations> result = new ArrayList<>(sequences.size());
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      Map<Integer, int[]> continuations = new HashMap<>();
      for (int prefixLength : prefixLengths.get(index)) {
        int miss = nextMiss(scores.get(index), prefixLength);
        int[] continuation = sequence.ids(prefixLength, sequence.length());
        if (miss < sequence.length()) {
          int[] tail = verifyNotNull(rollouts.get(new Rollout(index, miss)));
          System.arraycopy(tail, 0, continuation, miss - prefixLength, tail.length);
        }
        continuations.put(prefixLength, continuation);
      }
      result.add(new GreedyContinuations(continuations));
    }
    return result;
  }

  /** Fills in the rollouts, those of sequences of one length in one call. */
  private void decode(List<TokenSequence> sequences, Map<Rollout, int[]> rollouts) {
    TreeMap<Integer, List<Rollout>> byLength = new TreeMap<>();
    for (Rollout rollout : rollouts.keySet()) {
      int length = sequences.get(rollout.sequence()).length();
      byLength.computeIfAbsent(length, unused -> new ArrayList<>()).add(rollout);
    }
    byLength.forEach(
        (length, group) -> {
          group.sort(Rollout.ORDER);
          List<TokenSequence> prefixes =
              group.stream()
                  .map(r -> TokenSequence.of(sequences.get(r.sequence()).ids(0, r.prefixLength())))
                  .toList();
          List<int[]> continuations = model.generate(prefixes, Decoding.greedyTo(length));
          for (int i = 0; i < group.size(); i++) {
            rollouts.put(group.get(i), continuations.get(i));
          }
        });
  }

  /** Returns the first position from {@code position} on that is mispredicted, or the length. */
  private static int nextMiss(TokenScores scores, int position) {
    int next = position;
    while (next < scores.sequence().length() && scores.hit(next)) {
      next++;
    }
    return next;
  }

  private record Rollout(int sequence, int prefixLength) {
    static final Comparator<Rollout> ORDER =
        Comparator.comparingInt(Rollout::sequence).thenComparingInt(Rollout::prefixLength);
  }
}
