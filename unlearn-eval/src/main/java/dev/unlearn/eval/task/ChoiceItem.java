package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.hash.Hasher;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A question with answers to choose from; the model's is the one it finds most likely. */
public final class ChoiceItem extends TaskItem {
  private final List<Request> requests;
  private final List<Integer> lengths;
  private final int gold;

  private ChoiceItem(
      List<Request> requests,
      List<Integer> lengths,
      int gold,
      Optional<String> unit,
      Variant variant) {
    super(unit, variant);
    checkArgument(requests.size() >= 2, "there must be two choices, but were: %s", requests.size());
    checkArgument(
        gold >= 0 && gold < requests.size(),
        "the true choice must be in [0, %s), but was: %s",
        requests.size(),
        gold);
    this.requests = List.copyOf(requests);
    this.lengths = lengths;
    this.gold = gold;
  }

  /**
   * Returns an item whose choices follow its context after a space, and which counts for {@link
   * TaskMetric#ACC_NORM} too. An empty choice is never the most likely one by length.
   *
   * @param gold index of the true choice
   * @throws IllegalArgumentException if there are fewer than two choices, or {@code gold} is not
   *     the index of one
   */
  public static ChoiceItem of(String context, List<String> choices, int gold) {
    List<Integer> lengths = choices.stream().map(c -> c.codePointCount(0, c.length())).toList();
    return new ChoiceItem(
        choices.stream().map(choice -> new Request(context, " " + choice)).toList(),
        lengths,
        gold,
        Optional.empty(),
        Variant.HARNESS);
  }

  /**
   * Returns an item of any requests, one per choice, without {@link TaskMetric#ACC_NORM}.
   *
   * @throws IllegalArgumentException if there are fewer than two, or {@code gold} is not the index
   *     of one
   */
  public static ChoiceItem ofRequests(List<Request> requests, int gold) {
    return new ChoiceItem(requests, List.of(), gold, Optional.empty(), Variant.HARNESS);
  }

  /** Returns this item as one of a unit, such as a document. */
  public ChoiceItem inUnit(String name) {
    return new ChoiceItem(requests, lengths, gold, Optional.of(name), variant());
  }

  ChoiceItem inPaper() {
    return new ChoiceItem(requests, List.of(), gold, unit(), Variant.PAPER);
  }

  /** Returns the requests, one per choice. */
  public List<Request> requests() {
    return requests;
  }

  /** Returns the index of the true choice. */
  public int gold() {
    return gold;
  }

  @Override
  Encoded encode(RequestEncoder encoder) {
    return Encoded.of(encoder.encode(requests, variant()));
  }

  @Override
  int answerCount() {
    return requests.size();
  }

  @Override
  List<Contribution> contributions(ItemScores scores) {
    Contribution acc = share(TaskMetric.ACC, best(scores.logLikelihoods()));
    if (lengths.isEmpty()) {
      return List.of(acc);
    }
    List<Double> byLength =
        IntStream.range(0, lengths.size())
            .mapToObj(i -> scores.logLikelihoods().get(i) / lengths.get(i).doubleValue())
            .toList();
    return List.of(acc, share(TaskMetric.ACC_NORM, best(byLength)));
  }

  private Contribution share(TaskMetric metric, int chosen) {
    return new Contribution(metric, chosen == gold ? 1 : 0, 1);
  }

  /** Returns the index of the highest value, the first at a tie. */
  static int best(List<Double> values) {
    int best = 0;
    for (int i = 1; i < values.size(); i++) {
      if (values.get(i) > values.get(best)) {
        best = i;
      }
    }
    return best;
  }

  @Override
  void digest(Hasher hasher) {
    hasher.putInt(gold).putInt(requests.size());
    for (Request request : requests) {
      put(hasher, request.context());
      put(hasher, request.continuation());
    }
    lengths.forEach(hasher::putInt);
  }

  @Override
  public String toString() {
    return "ChoiceItem[choices=" + requests.size() + "]";
  }
}
