package dev.unlearn.eval.task;

import com.google.common.hash.Hasher;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * One item of a task. Items of one {@link #unit()} are alike, as the sentences of one document are,
 * and intervals count units.
 *
 * <p>{@code toString} shows sizes only.
 */
public abstract sealed class TaskItem permits ChoiceItem, ContinuationItem, TextItem, ReplyItem {
  private final Optional<String> unit;
  private final Variant variant;

  TaskItem(Optional<String> unit, Variant variant) {
    this.unit = unit;
    this.variant = variant;
  }

  /** Returns the name of the unit it shares with others; empty if it is one of its own. */
  public final Optional<String> unit() {
    return unit;
  }

  final Variant variant() {
    return variant;
  }

  /**
   * Returns what to ask the model.
   *
   * @throws IllegalArgumentException if the tokenizer cannot express it, or it does not fit
   */
  abstract Encoded encode(RequestEncoder encoder);

  /** Returns how many log-likelihoods it gives. */
  abstract int answerCount();

  /** Returns whether the model's greedy choices count as this answer. */
  boolean greedy(TokenScores scores, Tokenizer tokenizer) {
    for (int position = scores.sequence().firstTarget();
        position < scores.sequence().length();
        position++) {
      if (!scores.hit(position)) {
        return false;
      }
    }
    return true;
  }

  /** Returns what the item adds to each metric, always the same metrics in the same order. */
  abstract List<Contribution> contributions(ItemScores scores);

  /** Adds all that decides the scores. */
  abstract void digest(Hasher hasher);

  static void put(Hasher hasher, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    hasher.putInt(bytes.length).putBytes(bytes);
  }

  /** What an item adds to a metric, which is the sum of all sums over the sum of all weights. */
  record Contribution(TaskMetric metric, double sum, double weight) {}
}
