package dev.unlearn.eval.task;

import com.google.common.hash.Hasher;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * A text to be read from beginning to end in windows that fill the context, each token scored once.
 */
public final class TextItem extends TaskItem {
  private static final double BITS = Math.log(2);

  private final String text;
  private final int wordCount;
  private final int byteCount;

  private TextItem(
      String text, int wordCount, int byteCount, Optional<String> unit, Variant variant) {
    super(unit, variant);
    this.text = text;
    this.wordCount = wordCount;
    this.byteCount = byteCount;
  }

  /** Returns an item whose words and bytes are the text's own. */
  public static TextItem of(String text) {
    return of(text, text);
  }

  /** Returns an item whose words and bytes are those of the text as it was before it was tidied. */
  static TextItem of(String text, String original) {
    return new TextItem(
        text,
        PythonText.splitCount(original),
        original.getBytes(StandardCharsets.UTF_8).length,
        Optional.empty(),
        Variant.HARNESS);
  }

  /** Returns this item as one of a unit, such as a document. */
  public TextItem inUnit(String name) {
    return new TextItem(text, wordCount, byteCount, Optional.of(name), variant());
  }

  TextItem inPaper() {
    return new TextItem(text, wordCount, byteCount, unit(), Variant.PAPER);
  }

  /** Returns the text. */
  public String text() {
    return text;
  }

  @Override
  Encoded encode(RequestEncoder encoder) {
    return variant() == Variant.PAPER ? encoder.beginning(text) : encoder.rolling(text);
  }

  @Override
  int answerCount() {
    return 1;
  }

  @Override
  List<Contribution> contributions(ItemScores scores) {
    double loss = -scores.logLikelihoods().get(0);
    Contribution perToken =
        new Contribution(TaskMetric.LOSS, loss, scores.tokenCounts().get(0).doubleValue());
    if (variant() == Variant.PAPER) {
      return List.of(perToken);
    }
    return List.of(
        new Contribution(TaskMetric.BITS_PER_BYTE, loss / BITS, byteCount),
        new Contribution(TaskMetric.BYTE_PERPLEXITY, loss, byteCount),
        new Contribution(TaskMetric.WORD_PERPLEXITY, loss, wordCount),
        perToken);
  }

  @Override
  void digest(Hasher hasher) {
    put(hasher, text);
    hasher.putInt(wordCount).putInt(byteCount);
  }

  @Override
  public String toString() {
    return "TextItem[characters=" + text.length() + "]";
  }
}
