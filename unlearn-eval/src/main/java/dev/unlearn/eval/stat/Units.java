package dev.unlearn.eval.stat;

import dev.unlearn.api.TokenSequence;
import java.util.List;
import java.util.stream.IntStream;

/** Which sequences are of one independent unit, for {@link Sample}. */
public final class Units {
  private Units() {}

  /** Returns a unit per sequence: its name, so that those of one name are one; else its index. */
  public static List<String> byName(List<TokenSequence> sequences) {
    return IntStream.range(0, sequences.size())
        .mapToObj(i -> sequences.get(i).name().orElse("#" + i))
        .toList();
  }
}
