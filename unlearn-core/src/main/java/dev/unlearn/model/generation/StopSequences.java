package dev.unlearn.model.generation;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.Decoding;
import java.util.Arrays;
import java.util.List;

/** The sequences of ids that end a continuation. */
final class StopSequences {
  private final List<int[]> sequences;

  StopSequences(Decoding decoding) {
    sequences = decoding.stopSequences().stream().map(TokenSequence::ids).toList();
  }

  /**
   * Returns whether the continuation, which is tokens[begin, end), ends with one of the sequences.
   */
  boolean endedBy(int[] tokens, int begin, int end) {
    for (int[] stop : sequences) {
      int from = end - stop.length;
      if (from >= begin && Arrays.equals(tokens, from, end, stop, 0, stop.length)) {
        return true;
      }
    }
    return false;
  }
}
