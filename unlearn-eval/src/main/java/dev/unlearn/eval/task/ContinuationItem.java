package dev.unlearn.eval.task;

import static java.util.Objects.requireNonNull;

import com.google.common.hash.Hasher;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.List;
import java.util.Optional;

/** A text and how it goes on, which the model must find by itself: LAMBADA's last word. */
public final class ContinuationItem extends TaskItem {
  private final Request request;

  private ContinuationItem(Request request, Optional<String> unit, Variant variant) {
    super(unit, variant);
    this.request = requireNonNull(request, "request");
  }

  /** Returns an item that is right if every greedy choice is the next token of the continuation. */
  public static ContinuationItem of(Request request) {
    return new ContinuationItem(request, Optional.empty(), Variant.HARNESS);
  }

  /** Returns this item as one of a unit, such as a document. */
  public ContinuationItem inUnit(String name) {
    return new ContinuationItem(request, Optional.of(name), variant());
  }

  ContinuationItem inPaper() {
    return new ContinuationItem(request, unit(), Variant.PAPER);
  }

  /** Returns the request. */
  public Request request() {
    return request;
  }

  @Override
  Encoded encode(RequestEncoder encoder) {
    return Encoded.of(encoder.encode(List.of(request), variant()));
  }

  @Override
  int answerCount() {
    return 1;
  }

  /** In the paper's variant greedy choices that read alike, but for case and such, do too. */
  @Override
  boolean greedy(TokenScores scores, Tokenizer tokenizer) {
    boolean exact = super.greedy(scores, tokenizer);
    if (exact || variant() == Variant.HARNESS) {
      return exact;
    }
    int first = scores.sequence().firstTarget();
    int[] chosen = new int[scores.sequence().length() - first];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = scores.greedy(first + i);
    }
    String truth = tokenizer.decode(scores.sequence().ids(first, scores.sequence().length()));
    return UnigramF1.words(tokenizer.decode(chosen)).equals(UnigramF1.words(truth));
  }

  @Override
  List<Contribution> contributions(ItemScores scores) {
    return List.of(
        new Contribution(TaskMetric.ACC, scores.greedy().get(0) ? 1 : 0, 1),
        new Contribution(TaskMetric.PERPLEXITY, -scores.logLikelihoods().get(0), 1));
  }

  @Override
  void digest(Hasher hasher) {
    put(hasher, request.context());
    put(hasher, request.continuation());
  }

  @Override
  public String toString() {
    return "ContinuationItem[" + request + "]";
  }
}
