package dev.unlearn.eval.qa;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

/**
 * A question, its true answer, and the independent unit it belongs to: its author or document, or
 * itself.
 *
 * <p>{@code toString} shows sizes only: an item may hold what somebody asked to be forgotten.
 */
public final class QaItem {
  private final String question;
  private final String answer;
  private final String unit;

  private QaItem(String question, String answer, String unit) {
    this.question = question;
    this.answer = answer;
    this.unit = unit;
  }

  /**
   * Returns an item.
   *
   * @param unit a name that all items of one author or document share; never put personal data
   *     there
   * @throws IllegalArgumentException if question or answer is empty
   */
  public static QaItem of(String question, String answer, String unit) {
    checkArgument(
        !requireNonNull(question, "question").isEmpty(), "question must not be empty, but was");
    checkArgument(!requireNonNull(answer, "answer").isEmpty(), "answer must not be empty, but was");
    return new QaItem(question, answer, requireNonNull(unit, "unit"));
  }

  /** Returns the question. */
  public String question() {
    return question;
  }

  /** Returns the true answer. */
  public String answer() {
    return answer;
  }

  /** Returns the unit, to resample by. */
  public String unit() {
    return unit;
  }

  @Override
  public String toString() {
    return "QaItem[question=" + question.length() + " chars, answer=" + answer.length() + " chars]";
  }
}
