package dev.unlearn.eval.tofu;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.qa.QaFormat;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * How well a model likes the answers to one question: for each the mean negative log-likelihood of
 * its tokens, in nats per token.
 *
 * @param unit the unit of the question
 * @param gold of the true answer
 * @param paraphrased of the true answer in other words; of the true answer if there are none
 * @param perturbed of the wrong answers, possibly none
 */
public record AnswerLosses(String unit, double gold, double paraphrased, List<Double> perturbed) {

  /** Copies the list. */
  public AnswerLosses {
    perturbed = List.copyOf(perturbed);
  }

  /** Measures a model on all answers of each item, in order. */
  public static List<AnswerLosses> measure(CausalLm model, QaFormat format, List<TofuItem> items) {
    List<TokenSequence> sequences = new ArrayList<>();
    for (TofuItem item : items) {
      for (String answer : answers(item)) {
        sequences.add(format.sequence(model.tokenizer(), item.qa().question(), answer));
      }
    }
    Iterator<TokenScores> scores = model.score(sequences, ScoreDetail.TARGETS).iterator();
    List<AnswerLosses> losses = new ArrayList<>(items.size());
    for (TofuItem item : items) {
      double gold = loss(scores.next());
      double paraphrased = item.paraphrasedAnswer().isPresent() ? loss(scores.next()) : gold;
      List<Double> perturbed = new ArrayList<>();
      item.perturbedAnswers().forEach(unused -> perturbed.add(loss(scores.next())));
      losses.add(new AnswerLosses(item.qa().unit(), gold, paraphrased, perturbed));
    }
    return losses;
  }

  private static List<String> answers(TofuItem item) {
    List<String> answers = new ArrayList<>();
    answers.add(item.qa().answer());
    item.paraphrasedAnswer().ifPresent(answers::add);
    answers.addAll(item.perturbedAnswers());
    return answers;
  }

  private static double loss(TokenScores scores) {
    double loss = scores.negativeLogLikelihood() / scores.sequence().targetCount();
    return Math.max(0, loss); // rounding can be below
  }

  /** Returns the probability of the true answer, {@code exp(-gold)}, in [0, 1]. */
  public double probability() {
    return Math.exp(-gold);
  }
}
