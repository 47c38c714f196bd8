package dev.unlearn.eval.task;

import static java.util.Objects.requireNonNull;

import com.google.common.hash.Hasher;
import java.util.List;
import java.util.Optional;

/**
 * A dialogue whose last turn the model writes itself: {@value #NEW_TOKENS} greedy tokens, ended by
 * another user's turn, compared with the true one by unigram F1.
 */
public final class ReplyItem extends TaskItem {
  static final int NEW_TOKENS = 32;

  /** Where the turn of a user begins. */
  static final String END = "\nUser ";

  private final Request request;

  private ReplyItem(Request request, Optional<String> unit, Variant variant) {
    super(unit, variant);
    this.request = requireNonNull(request, "request");
  }

  /** Returns an item of the turns so far and the true reply. */
  public static ReplyItem of(Request request) {
    return new ReplyItem(request, Optional.empty(), Variant.HARNESS);
  }

  /** Returns this item as one of a unit, such as a document. */
  public ReplyItem inUnit(String name) {
    return new ReplyItem(request, Optional.of(name), variant());
  }

  ReplyItem inPaper() {
    return new ReplyItem(request, unit(), Variant.PAPER);
  }

  /** Returns the request. */
  public Request request() {
    return request;
  }

  @Override
  Encoded encode(RequestEncoder encoder) {
    return Encoded.of(encoder.encode(List.of(request), variant()))
        .withPrompt(encoder.prompt(request.context(), NEW_TOKENS, variant()));
  }

  /** Returns the unigram F1 of a generated text with the true reply. */
  double f1(String generated) {
    int end = generated.indexOf(END);
    return UnigramF1.of(end < 0 ? generated : generated.substring(0, end), request.continuation());
  }

  @Override
  int answerCount() {
    return 1;
  }

  @Override
  List<Contribution> contributions(ItemScores scores) {
    return List.of(
        new Contribution(TaskMetric.F1, scores.f1(), 1),
        new Contribution(
            TaskMetric.LOSS,
            -scores.logLikelihoods().get(0),
            scores.tokenCounts().get(0).doubleValue()));
  }

  @Override
  void digest(Hasher hasher) {
    put(hasher, request.context());
    put(hasher, request.continuation());
  }

  @Override
  public String toString() {
    return "ReplyItem[" + request + "]";
  }
}
