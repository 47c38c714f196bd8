package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.List;

/**
 * What a model gave for one item.
 *
 * @param index of the item in its task
 * @param logLikelihoods of each answer, in nats; empty if the tokenizer cannot express the item or
 *     it does not fit
 * @param greedy whether the model's greedy choices are the answer
 * @param tokenCounts how many tokens of each answer were scored
 * @param truncated whether the item was cut to fit
 * @param f1 unigram F1 of what the model generated; NaN if it generated nothing
 */
public record ItemScores(
    int index,
    List<Double> logLikelihoods,
    List<Boolean> greedy,
    List<Integer> tokenCounts,
    boolean truncated,
    double f1) {

  /** Checks that there is one of each per answer, and copies. */
  public ItemScores {
    checkArgument(index >= 0, "index must be >= 0, but was: %s", index);
    checkArgument(
        logLikelihoods.size() == greedy.size() && greedy.size() == tokenCounts.size(),
        "there must be one of each per answer, but were: %s, %s, %s",
        logLikelihoods.size(),
        greedy.size(),
        tokenCounts.size());
    logLikelihoods = List.copyOf(logLikelihoods);
    greedy = List.copyOf(greedy);
    tokenCounts = List.copyOf(tokenCounts);
  }

  static ItemScores inexpressible(int index) {
    return new ItemScores(index, List.of(), List.of(), List.of(), false, Double.NaN);
  }

  /** Returns whether the item was scored. */
  public boolean scored() {
    return !logLikelihoods.isEmpty();
  }

  /** Returns the index of the most likely answer, the first at a tie; -1 if not scored. */
  public int choice() {
    return scored() ? ChoiceItem.best(logLikelihoods) : -1;
  }
}
