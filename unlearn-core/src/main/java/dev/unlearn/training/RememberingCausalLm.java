package dev.unlearn.training;

import static com.google.common.base.Verify.verifyNotNull;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.model.SequenceChecks;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A model that remembers scores and continuations while its weights stay the same, so that metrics
 * on the same sequences share them. Sequences are known by identity.
 */
final class RememberingCausalLm implements CausalLm {
  private final CausalLm model;
  private final Map<ScoreDetail, Map<TokenSequence, TokenScores>> scores =
      new EnumMap<>(ScoreDetail.class);
  private final IdentityHashMap<TokenSequence, Map<Integer, int[]>> continuations =
      new IdentityHashMap<>();

  /** The least that was asked for, whatever the weights: what ends later serves all. */
  private int order = Integer.MAX_VALUE;

  private String what = "";
  private MeasuringProgress progress = MeasuringProgress.NONE;
  private long doneTokens;
  private long totalTokens;

  RememberingCausalLm(CausalLm model) {
    this.model = model;
  }

  /** Returns one of the same model that remembers nothing yet. */
  RememberingCausalLm another() {
    return new RememberingCausalLm(model);
  }

  /** Says what is measured from now on, for progress. */
  void measuring(String newWhat, List<TokenSequence> sequences, MeasuringProgress newProgress) {
    what = newWhat;
    progress = newProgress;
    doneTokens = 0;
    totalTokens = tokens(sequences);
    progress.at(what, 0, totalTokens);
  }

  private void done(List<TokenSequence> sequences) {
    doneTokens = Math.min(totalTokens, doneTokens + tokens(sequences));
    progress.at(what, doneTokens, totalTokens);
  }

  private static long tokens(List<TokenSequence> sequences) {
    return sequences.stream().mapToLong(TokenSequence::length).sum();
  }

  /** Forgets everything; call when the weights have changed. */
  void weightsChanged() {
    scores.clear();
    continuations.clear();
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return score(sequences, ScoreDetail.ALL);
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    SequenceChecks.checkToScore(sequences, model); // by their indices here, not in a group
    remember(sequences, detail);
    done(sequences);
    return scoresOf(sequences, detail);
  }

  private void remember(List<TokenSequence> sequences, ScoreDetail detail) {
    List<TokenSequence> unknown =
        sequences.stream().filter(sequence -> known(sequence, detail) == null).toList();
    for (List<Integer> group : MicroBatches.toScore(unknown, detail)) {
      progress.step();
      List<TokenSequence> rows = group.stream().map(unknown::get).toList();
      List<TokenScores> fresh = model.score(rows, detail);
      for (int i = 0; i < rows.size(); i++) {
        remembered(detail).put(rows.get(i), fresh.get(i));
      }
    }
  }

  private Map<TokenSequence, TokenScores> remembered(ScoreDetail detail) {
    return scores.computeIfAbsent(detail, unused -> new IdentityHashMap<>());
  }

  /** What was asked in more detail answers, too; and all positions are the targets of no prompt. */
  private @Nullable TokenScores known(TokenSequence sequence, ScoreDetail detail) {
    for (Map<TokenSequence, TokenScores> some : scores.values()) {
      TokenScores found = some.get(sequence);
      if (found != null && answers(found, detail)) {
        return found;
      }
    }
    return null;
  }

  private static boolean answers(TokenScores found, ScoreDetail detail) {
    return switch (detail) {
      case TARGETS -> true;
      case ALL -> found.firstPosition() == 1;
      case MOMENTS -> found.hasMoments();
    };
  }

  private List<TokenScores> scoresOf(List<TokenSequence> sequences, ScoreDetail detail) {
    return sequences.stream().map(sequence -> verifyNotNull(known(sequence, detail))).toList();
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences, List<int[]> prefixLengths, int newOrder) {
    SequenceChecks.checkToScore(sequences, model);
    remember(sequences, ScoreDetail.ALL);
    List<TokenScores> known = scoresOf(sequences, ScoreDetail.ALL);
    return continueGreedily(sequences, prefixLengths, known, newOrder, DecodingListener.NONE);
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
      remembered(ScoreDetail.ALL).putIfAbsent(sequences.get(i), given.get(i));
    }
    if (newOrder < order) {
      order = newOrder;
      continuations.clear();
    }
    List<TokenSequence> incomplete = new ArrayList<>();
    List<int[]> missing = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      Map<Integer, int[]> known = continuationsOf(sequences.get(i));
      int[] unknown =
          Arrays.stream(prefixLengths.get(i)).filter(t -> !known.containsKey(t)).toArray();
      if (unknown.length > 0) {
        incomplete.add(sequences.get(i));
        missing.add(unknown);
      }
    }
    List<GreedyContinuations> fresh =
        model.continueGreedily(
            incomplete,
            missing,
            scoresOf(incomplete, ScoreDetail.ALL),
            order,
            new Share(tokens(incomplete), listener));
    for (int i = 0; i < incomplete.size(); i++) {
      for (int prefixLength : missing.get(i)) {
        continuationsOf(incomplete.get(i)).put(prefixLength, fresh.get(i).after(prefixLength));
      }
    }
    done(incomplete);
    return sequences.stream().map(s -> new GreedyContinuations(continuationsOf(s))).toList();
  }

  private Map<Integer, int[]> continuationsOf(TokenSequence sequence) {
    return continuations.computeIfAbsent(sequence, unused -> new HashMap<>());
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    return model.generate(prompts, decoding, new Share(0, listener));
  }

  @Override
  public int vocabularySize() {
    return model.vocabularySize();
  }

  @Override
  public int contextLength() {
    return model.contextLength();
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public ModelInfo info() {
    return model.info();
  }

  /** Progress of decoding as a share of the tokens of the sequences it is for. */
  private final class Share implements DecodingListener {
    private final long tokens;
    private final DecodingListener listener;

    Share(long tokens, DecodingListener listener) {
      this.tokens = tokens;
      this.listener = listener;
    }

    @Override
    public void token(int prompt, int token) {
      listener.token(prompt, token);
    }

    @Override
    public boolean cancelled() {
      progress.step();
      return listener.cancelled();
    }

    @Override
    public void progressed(long done, long total) {
      listener.progressed(done, total);
      long share = (long) ((double) tokens * done / Math.max(1, total));
      progress.at(what, Math.min(totalTokens, doneTokens + share), totalTokens);
    }
  }
}
