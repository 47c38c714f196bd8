package dev.unlearn.examples;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.Tokenizer;
import java.io.PrintStream;
import java.util.Arrays;

/**
 * Prints a prompt and its continuation while it is decoded. A token may be a part of a character,
 * and what a token reads like may depend on those before it; so prompt and continuation are turned
 * into text together, each time anew, and what is new of it is printed.
 */
final class TextStream implements DecodingListener {
  /** What an incomplete character reads like. */
  private static final char REPLACEMENT = '\uFFFD';

  private final Tokenizer tokenizer;
  private final String stop;
  private final PrintStream out;
  private final int begin;
  private int[] ids;
  private int printed;
  private boolean ended;

  /**
   * Creates a stream.
   *
   * @param stop the text after which the continuation ends, empty for none
   */
  TextStream(Tokenizer tokenizer, TokenSequence prompt, String stop, PrintStream out) {
    this.tokenizer = tokenizer;
    this.stop = stop;
    this.out = out;
    ids = prompt.ids();
    begin = tokenizer.decode(ids).length();
  }

  @Override
  public void token(int prompt, int token) {
    ids = Arrays.copyOf(ids, ids.length + 1);
    ids[ids.length - 1] = token;
    String text = tokenizer.decode(ids);
    int end = text.length();
    while (end > printed && text.charAt(end - 1) == REPLACEMENT) {
      end--;
    }
    print(text, end);
  }

  /** Prints what was held back: the rest may be no whole character. */
  void end() {
    if (!ended) {
      String text = tokenizer.decode(ids);
      print(text, text.length());
    }
  }

  private void print(String text, int end) {
    int until = end;
    if (!stop.isEmpty()) {
      int found = text.indexOf(stop, begin);
      if (found >= 0 && found + stop.length() <= end) {
        until = found + stop.length();
        ended = true;
      }
    }
    if (until > printed) {
      out.print(text.substring(printed, until));
      out.flush();
      printed = until;
    }
  }

  @Override
  public boolean cancelled() {
    return ended;
  }
}
