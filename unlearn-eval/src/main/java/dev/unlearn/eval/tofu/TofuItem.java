package dev.unlearn.eval.tofu;

import static java.util.Objects.requireNonNull;

import dev.unlearn.eval.qa.QaItem;
import java.util.List;
import java.util.Optional;

/**
 * A question with its true answer, the same answer in other words, and wrong ones.
 *
 * <p>{@code toString} shows sizes only.
 */
public final class TofuItem {
  private final QaItem qa;
  private final Optional<String> paraphrasedAnswer;
  private final List<String> perturbedAnswers;

  private TofuItem(QaItem qa, Optional<String> paraphrasedAnswer, List<String> perturbedAnswers) {
    this.qa = qa;
    this.paraphrasedAnswer = paraphrasedAnswer;
    this.perturbedAnswers = perturbedAnswers;
  }

  /** Returns an item; there may be no wrong answers, and then no truth ratio. */
  public static TofuItem of(
      QaItem qa, Optional<String> paraphrasedAnswer, List<String> perturbedAnswers) {
    return new TofuItem(
        requireNonNull(qa, "qa"),
        requireNonNull(paraphrasedAnswer, "paraphrasedAnswer"),
        List.copyOf(perturbedAnswers));
  }

  /** Returns question, true answer and unit. */
  public QaItem qa() {
    return qa;
  }

  /** Returns the true answer in other words; empty if there is none. */
  public Optional<String> paraphrasedAnswer() {
    return paraphrasedAnswer;
  }

  /** Returns the wrong answers. */
  public List<String> perturbedAnswers() {
    return perturbedAnswers;
  }

  @Override
  public String toString() {
    return "TofuItem[qa=" + qa + ", perturbedAnswers=" + perturbedAnswers.size() + "]";
  }
}
