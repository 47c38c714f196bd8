package dev.unlearn.training;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.RememberingModel;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.model.SequenceChecks;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.ForwardingCausalLm;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.List;

/**
 * A model that remembers scores and continuations while its weights stay the same, so that metrics
 * on the same sequences share them, and tells how far a measurement has come.
 */
final class RememberingCausalLm extends ForwardingCausalLm {
  private final RememberingModel known;
  private String what = "";
  private MeasuringProgress progress = MeasuringProgress.NONE;
  private long doneTokens;
  private long totalTokens;

  RememberingCausalLm(CausalLm model) {
    super(model);
    known = new RememberingModel(new InSteps(model));
  }

  /** Returns one of the same model that remembers nothing yet. */
  RememberingCausalLm another() {
    return new RememberingCausalLm(model());
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
    known.weightsChanged();
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
    SequenceChecks.checkToScore(sequences, model()); // by their indices here, not in a group
    List<TokenScores> scores = known.score(sequences, detail);
    done(sequences);
    return scores;
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      int order,
      DecodingListener listener) {
    SequenceChecks.checkToScore(sequences, model());
    List<GreedyContinuations> continuations =
        known.continueGreedily(sequences, prefixLengths, order, listener);
    done(sequences);
    return continuations;
  }

  @Override
  public List<GreedyContinuations> continueGreedily(
      List<TokenSequence> sequences,
      List<int[]> prefixLengths,
      List<TokenScores> scores,
      int order,
      DecodingListener listener) {
    List<GreedyContinuations> continuations =
        known.continueGreedily(sequences, prefixLengths, scores, order, listener);
    done(sequences);
    return continuations;
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
    return known.generate(prompts, decoding, listener);
  }

  /** What is not remembered: the model, asked in small steps. */
  private final class InSteps extends ForwardingCausalLm {

    InSteps(CausalLm model) {
      super(model);
    }

    @Override
    public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
      return MicroBatches.score(model(), sequences, detail, progress::step);
    }

    @Override
    public List<GreedyContinuations> continueGreedily(
        List<TokenSequence> sequences,
        List<int[]> prefixLengths,
        int order,
        DecodingListener listener) {
      return super.continueGreedily(
          sequences, prefixLengths, order, new Share(tokens(sequences), listener));
    }

    @Override
    public List<GreedyContinuations> continueGreedily(
        List<TokenSequence> sequences,
        List<int[]> prefixLengths,
        List<TokenScores> scores,
        int order,
        DecodingListener listener) {
      return super.continueGreedily(
          sequences, prefixLengths, scores, order, new Share(tokens(sequences), listener));
    }

    @Override
    public List<int[]> generate(
        List<TokenSequence> prompts, Decoding decoding, DecodingListener listener) {
      return super.generate(prompts, decoding, new Share(0, listener));
    }
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
