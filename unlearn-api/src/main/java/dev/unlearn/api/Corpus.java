package dev.unlearn.api;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Texts or token sequences to measure on: unseen or validation data. Texts are encoded by each
 * model's own tokenizer.
 *
 * <p>{@code toString} shows sizes only.
 */
public final class Corpus {
  private final List<String> texts;
  private final List<TokenSequence> sequences;

  private Corpus(List<String> texts, List<TokenSequence> sequences) {
    checkArgument(
        texts.size() + sequences.size() > 0,
        "a corpus must hold at least one text or sequence, but was empty");
    this.texts = texts;
    this.sequences = sequences;
  }

  /**
   * Returns a corpus of texts.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Corpus ofTexts(List<String> texts) {
    return new Corpus(List.copyOf(requireNonNull(texts, "texts")), List.of());
  }

  /**
   * Returns a corpus of token sequences, which fit one tokenizer only.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Corpus of(List<TokenSequence> sequences) {
    return new Corpus(List.of(), List.copyOf(requireNonNull(sequences, "sequences")));
  }

  /** Returns the texts; empty if this corpus holds sequences. */
  public List<String> texts() {
    return texts;
  }

  /** Returns the sequences; empty if this corpus holds texts. */
  public List<TokenSequence> sequences() {
    return sequences;
  }

  /** Returns the number of texts or sequences. */
  public int size() {
    return texts.size() + sequences.size();
  }

  @Override
  public String toString() {
    return "Corpus[" + (texts.isEmpty() ? "sequences=" : "texts=") + size() + "]";
  }
}
