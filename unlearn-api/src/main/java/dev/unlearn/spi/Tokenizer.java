package dev.unlearn.spi;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.TokenSequence;
import java.util.ArrayList;
import java.util.List;

/** Turns text into token ids and back. Implementations are thread-safe. */
public interface Tokenizer {

  /**
   * Returns the ids of a text, without special tokens around it.
   *
   * @throws IllegalArgumentException if the text is empty, or holds something this tokenizer can
   *     only map to its unknown token; the message names the position, never the text
   */
  TokenSequence encode(String text);

  /** Returns the text of the given ids, special tokens included. */
  String decode(int... ids);

  /** Returns the text of a sequence, prompt included. */
  default String decode(TokenSequence sequence) {
    return decode(sequence.ids());
  }

  /**
   * Returns the ids of each text, in order.
   *
   * @throws IllegalArgumentException as {@link #encode}, naming the index of the text
   */
  default List<TokenSequence> sequences(List<String> texts) {
    List<TokenSequence> result = new ArrayList<>(texts.size());
    for (int index = 0; index < texts.size(); index++) {
      try {
        result.add(encode(texts.get(index)));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("text " + index + ": " + e.getMessage(), e);
      }
    }
    return result;
  }

  /** Returns a corpus as sequences: its texts encoded, or its sequences as they are. */
  default List<TokenSequence> sequences(Corpus corpus) {
    return corpus.texts().isEmpty() ? corpus.sequences() : sequences(corpus.texts());
  }
}
