package dev.unlearn.eval;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.ForwardingCausalLm;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A model that is asked once for the scores of a sequence and what continues each prefix of it,
 * while its weights stay the same.
 *
 * @hidden not API
 */
public final class RememberingModel extends ForwardingCausalLm {
  private final Map<TokenSequence, Map<ScoreDetail, TokenScores>> scores = new HashMap<>();
  private final Map<TokenSequence, Map<Integer, int[]>> continuations = new HashMap<>();

  /** The least that was asked for, whatever the weights: what ends later serves all. */
  private int order = Integer.MAX_VALUE;

  /** Creates a memory of a model that has nothing in it yet. */
  public RememberingModel(CausalLm model) {
    super(model);
  }

  /** Forgets everything; call when the weights have changed. */
  public void weightsChanged() {
    scores.clear();
    continuations.clear();
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    List<TokenSequence> open =
        sequences.stream().filter(it -> known(it, detail) == null).distinct().toList();
    if (!open.isEmpty()) {
      List<TokenScores> fresh = super.score(open, detail);
      for (int i = 0; i < open.size(); i++) {
        remember(open.get(i), detail, fresh.get(i));
      }
    }
    return sequences.stream().map(it -> verifyNotNull(known(it, detail))).toList();
  }

  /** What was returned for a detail answers it; what was asked in more detail answers, too. */
  private @Nullable TokenScores known(TokenSequence sequence, ScoreDetail detail) {
    Map<ScoreDetail, TokenScores> known = scores.getOrDefault(sequence, Map.of());
    return known.containsKey(detail)
        ? known.get(detail)
        : known.values().stream().filter(some -> some.has(detail)).findFirst().orElse(null);
  }

  private void remember(TokenSequence sequence, ScoreDetail detail, TokenScores fresh) {
    scores
        .computeIfAbsent(sequence, unused -> new EnumMap<>(ScoreDetail.class))
        .putIfAbsent(detail, fresh);
  }

  /** Has greedy choices come with the continuations, where they are not known. */
  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int newOrder,
      DecodingListener listener) {
    GreedyRollouts.check(sequences, prefixLengths, newOrder);
    if (newOrder < order) {
      order = newOrder;
      continuations.clear();
    }
    Map<TokenSequence, Set<Integer>> missing = new LinkedHashMap<>();
    for (int i = 0; i < sequences.size(); i++) {
      TokenSequence sequence = sequences.get(i);
      Set<Integer> unknown = new LinkedHashSet<>(Ints.asList(prefixLengths.get(i)));
      unknown.removeAll(continuationsOf(sequence).keySet());
      if (!unknown.isEmpty()) {
        missing.computeIfAbsent(sequence, unused -> new LinkedHashSet<>()).addAll(unknown);
      }
    }
    if (!missing.isEmpty()) {
      continueAll(
          List.copyOf(missing.keySet()),
          missing.values().stream().map(Ints::toArray).toList(),
          listener);
    }
    return sequences.stream()
        .map(it -> new GreedyContinuations(continuationsOf(it), choices(it)))
        .toList();
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> given,
      int newOrder,
      DecodingListener listener) {
    var unusedRollouts = GreedyRollouts.of(sequences, prefixLengths, given, newOrder);
    for (int i = 0; i < sequences.size(); i++) {
      remember(sequences.get(i), ScoreDetail.CHOICES, given.get(i));
    }
    return continueGreedily(sequences, prefixLengths, newOrder, listener);
  }

  private void continueAll(
      List<TokenSequence> open, List<int[]> lengths, DecodingListener listener) {
    List<TokenScores> known =
        open.stream().map(it -> known(it, ScoreDetail.CHOICES)).filter(Objects::nonNull).toList();
    List<GreedyContinuations> fresh =
        known.size() == open.size()
            ? super.continueGreedily(open, lengths, known, order, listener)
            : super.continueGreedily(open, lengths, order, listener);
    for (int i = 0; i < open.size(); i++) {
      TokenSequence sequence = open.get(i);
      fresh.get(i).scores().ifPresent(some -> remember(sequence, ScoreDetail.CHOICES, some));
      for (int length : lengths.get(i)) {
        continuationsOf(sequence).put(length, fresh.get(i).after(length));
      }
    }
  }

  private @Nullable TokenScores choices(TokenSequence sequence) {
    TokenScores known = known(sequence, ScoreDetail.CHOICES);
    return known != null && known.has(ScoreDetail.CHOICES) ? known : null;
  }

  private Map<Integer, int[]> continuationsOf(TokenSequence sequence) {
    return continuations.computeIfAbsent(sequence, unused -> new HashMap<>());
  }
}
