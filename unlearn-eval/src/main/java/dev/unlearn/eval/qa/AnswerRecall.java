package dev.unlearn.eval.qa;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.text.Rouge;
import dev.unlearn.spi.CausalLm;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Answer recall: how much of the true answer is in what the model answers.
 *
 * <p>{@code ROUGE-L recall(true answer, text of N tokens decoded greedily after the question)},
 * words stemmed, in [0, 1]; the aggregate is the plain mean. Decoding stops at the format's ending
 * token.
 *
 * <p>Source: Maini et al., TOFU, 2024, arXiv 2401.06121, and Open-Unlearning, with N = 200. Recall
 * does not see what else the answer says: an answer that names everything scores 1.
 */
public final class AnswerRecall {
  /** How many tokens TOFU decodes. */
  public static final int TOFU_TOKENS = 200;

  private static final Rouge ROUGE = Rouge.longest().withStemmer();

  private final QaFormat format;
  private final int newTokens;

  private AnswerRecall(QaFormat format, int newTokens) {
    this.format = requireNonNull(format, "format");
    checkArgument(newTokens >= 1, "newTokens must be >= 1, but was: %s", newTokens);
    this.newTokens = newTokens;
  }

  /** Returns the metric with {@link #TOFU_TOKENS} new tokens. */
  public static AnswerRecall of(QaFormat format) {
    return of(format, TOFU_TOKENS);
  }

  /**
   * Returns the metric.
   *
   * @param newTokens N, how many tokens are decoded
   * @throws IllegalArgumentException if {@code newTokens < 1}
   */
  public static AnswerRecall of(QaFormat format, int newTokens) {
    return new AnswerRecall(format, newTokens);
  }

  /** Returns the name in reports, {@code "rougeL_recall_<newTokens>"}. */
  public String key() {
    return "rougeL_recall_" + newTokens;
  }

  /**
   * Measures a model: one value per item, in order.
   *
   * @throws IllegalArgumentException if a question and the new tokens exceed the model's context
   */
  public MetricResult measure(CausalLm model, List<QaItem> items) {
    List<TokenSequence> prompts =
        items.stream().map(item -> format.prompt(model.tokenizer(), item.question())).toList();
    List<String> answers = Answers.greedy(model, prompts, newTokens, format.endingId());
    return MetricResult.mean(
        key(),
        IntStream.range(0, items.size())
            .mapToObj(i -> ROUGE.score(items.get(i).answer(), answers.get(i)).recall())
            .toList());
  }
}
