package dev.unlearn.eval.attack;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.Units;
import java.util.List;

/**
 * Sequences and the independent unit that each belongs to: its document or author. {@code toString}
 * shows sizes and names only.
 *
 * @param sequences may be empty
 * @param units their names, as many as sequences
 */
public record GroupedSequences(List<TokenSequence> sequences, List<String> units) {

  /** Copies the lists and checks their sizes. */
  public GroupedSequences {
    sequences = List.copyOf(sequences);
    units = List.copyOf(units);
    checkArgument(
        units.size() == sequences.size(),
        "there must be a unit for each of %s sequences, but there were %s",
        sequences.size(),
        units.size());
  }

  /** Returns sequences of which those of one name are one unit; see {@link Units#byName}. */
  public static GroupedSequences byName(List<TokenSequence> sequences) {
    return new GroupedSequences(sequences, Units.byName(sequences));
  }
}
