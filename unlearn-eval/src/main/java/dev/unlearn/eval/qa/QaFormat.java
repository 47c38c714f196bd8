package dev.unlearn.eval.qa;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Tokenizer;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * How a question and its answer become a text: {@code <before question> question <after question>}
 * is the prompt, {@code <before answer> answer} is what should follow.
 *
 * <p>Both are tokenized together, as the model saw them in training. The tokens that this has in
 * common with the prompt alone are the sequence's prompt; so a token that the answer shares with
 * the end of the prompt is a target, and so is what stands before the answer.
 *
 * @param beforeQuestion what comes before the question
 * @param afterQuestion what comes after it; had better not end with a space, which many tokenizers
 *     make part of the next word
 * @param beforeAnswer what comes before the answer
 * @param beginningId the token every text begins with; empty for none
 * @param endingId the token every answer ends with, which is a target then; empty for none
 */
public record QaFormat(
    String beforeQuestion,
    String afterQuestion,
    String beforeAnswer,
    OptionalInt beginningId,
    OptionalInt endingId) {

  /** Checks the values. */
  public QaFormat {
    requireNonNull(beforeQuestion, "beforeQuestion");
    requireNonNull(afterQuestion, "afterQuestion");
    requireNonNull(beforeAnswer, "beforeAnswer");
    check("beginningId", beginningId);
    check("endingId", endingId);
  }

  private static void check(String name, OptionalInt id) {
    id.ifPresent(value -> checkArgument(value >= 0, "%s must be >= 0, but was: %s", name, value));
  }

  /** Returns the form {@code "Question: ...\nAnswer: ..."}, without special tokens. */
  public static QaFormat plain() {
    return of("Question: ", "\nAnswer:", " ");
  }

  /**
   * Returns the form in which TOFU (arXiv 2401.06121) asks Llama-2: {@code "[INST] ...
   * [/INST]..."}, without special tokens; its texts begin and end with the tokenizer's.
   */
  public static QaFormat tofuLlama2() {
    return of("[INST] ", " [/INST]", "");
  }

  /**
   * Returns the form in which TOFU asks all other models: the question on a line of its own, {@code
   * "Answer: "} being part of the answer.
   */
  public static QaFormat tofu() {
    return of("Question: ", "\n", "Answer: ");
  }

  /** Returns a form without special tokens. */
  public static QaFormat of(String beforeQuestion, String afterQuestion, String beforeAnswer) {
    return new QaFormat(
        beforeQuestion, afterQuestion, beforeAnswer, OptionalInt.empty(), OptionalInt.empty());
  }

  /** Returns this form with a token that every text begins with. */
  public QaFormat beginningWith(int id) {
    return new QaFormat(beforeQuestion, afterQuestion, beforeAnswer, OptionalInt.of(id), endingId);
  }

  /** Returns this form with a token that every answer ends with. */
  public QaFormat endingWith(int id) {
    return new QaFormat(
        beforeQuestion, afterQuestion, beforeAnswer, beginningId, OptionalInt.of(id));
  }

  /** Returns question and answer as text, without special tokens. */
  public String text(String question, String answer) {
    return promptText(question) + beforeAnswer + answer;
  }

  /** Returns the text that asks a question, without special tokens. */
  public String promptText(String question) {
    return beforeQuestion + question + afterQuestion;
  }

  /** Returns the ids that ask a question, to be continued. */
  public TokenSequence prompt(Tokenizer tokenizer, String question) {
    return encode(tokenizer, promptText(question));
  }

  /** Returns the ids of question and answer, the question being the sequence's prompt. */
  public TokenSequence sequence(Tokenizer tokenizer, String question, String answer) {
    int[] ids = encode(tokenizer, text(question, answer)).ids();
    int common = Arrays.mismatch(ids, prompt(tokenizer, question).ids());
    int[] ended = IntStream.concat(Arrays.stream(ids), endingId.stream()).toArray();
    return TokenSequence.of(ended).withPromptLength(common < 0 ? ids.length : common);
  }

  /** Returns the ids of a text, after the token every text begins with. */
  TokenSequence encode(Tokenizer tokenizer, String text) {
    int[] ids = tokenizer.encode(text).ids();
    return TokenSequence.of(IntStream.concat(beginningId.stream(), Arrays.stream(ids)).toArray());
  }
}
