package dev.unlearn.eval.qa;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.text.Rouge;
import dev.unlearn.spi.CausalLm;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Knowledge memorization: how well the model answers questions about a text, shown how by a few
 * examples.
 *
 * <p>The examples and the question are written under one another in a {@link QaFormat}, with a
 * blank line between; 32 tokens are decoded greedily and cut before a blank line or the next
 * question. The value is {@code ROUGE-L F1(true answer, answer)}, words not stemmed, in [0, 1]; the
 * aggregate is the plain mean.
 *
 * <p>Source: Shi et al., MUSE, 2024, arXiv 2407.06460, which gives the number times 100. Measured
 * on what should be kept, it is a measure of utility. {@link #museFormat()} is the source's form,
 * with a space at the end of the prompt; most tokenizers make that space part of the answer's first
 * word, so that {@link QaFormat#plain()} is kinder to the model.
 */
public final class KnowledgeMemorization {
  /** How many tokens MUSE decodes. */
  public static final int MUSE_TOKENS = 32;

  private static final Rouge ROUGE = Rouge.longest();
  private static final String BLANK_LINE = "\n\n";

  private final QaFormat format;
  private final String examples;

  private KnowledgeMemorization(QaFormat format, String examples) {
    this.format = format;
    this.examples = examples;
  }

  /**
   * Returns the metric.
   *
   * @param examples questions with answers to show, on something else than what is asked; may be
   *     none
   * @throws IllegalArgumentException if the format has nothing before the question, which would
   *     mark the next one
   */
  public static KnowledgeMemorization of(QaFormat format, List<QaItem> examples) {
    requireNonNull(format, "format");
    checkArgument(
        !format.beforeQuestion().isBlank(),
        "beforeQuestion must not be blank, because answers are cut at it, but was");
    return new KnowledgeMemorization(
        format,
        examples.stream()
            .map(example -> format.text(example.question(), example.answer()) + BLANK_LINE)
            .collect(Collectors.joining()));
  }

  /** Returns MUSE's form: {@code "Question: ...\nAnswer: ..."}, the last space in the prompt. */
  public static QaFormat museFormat() {
    return QaFormat.of("Question: ", "\nAnswer: ", "");
  }

  /** Returns the name in reports, {@code "knowmem"}. */
  public String key() {
    return "knowmem";
  }

  /**
   * Measures a model: one value per item, in order.
   *
   * @throws IllegalArgumentException if examples, question and new tokens exceed the model's
   *     context
   */
  public MetricResult measure(CausalLm model, List<QaItem> items) {
    List<TokenSequence> prompts =
        items.stream()
            .map(item -> examples + format.promptText(item.question()))
            .map(text -> format.encode(model.tokenizer(), text))
            .toList();
    List<String> answers = Answers.greedy(model, prompts, MUSE_TOKENS, format.endingId());
    return MetricResult.mean(
        key(),
        IntStream.range(0, items.size())
            .mapToObj(i -> ROUGE.score(items.get(i).answer(), cut(answers.get(i))).f1())
            .toList());
  }

  private String cut(String answer) {
    String cut = answer;
    for (String mark : List.of(BLANK_LINE, format.beforeQuestion().strip())) {
      int end = cut.indexOf(mark);
      cut = end < 0 ? cut : cut.substring(0, end);
    }
    return cut;
  }
}
