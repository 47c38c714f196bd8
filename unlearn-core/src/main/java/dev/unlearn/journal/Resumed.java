package dev.unlearn.journal;

import java.util.List;
import java.util.Optional;

/**
 * What was found in a work directory.
 *
 * @param records all whole epochs of the run, in order; never empty
 * @param state the arrays after the last of them that wrote some
 * @param best the arrays after the best of them, if the last record has one whose arrays were
 *     written
 */
public record Resumed(
    List<EpochRecord> records, Optional<StoredState> state, Optional<StoredState> best) {

  /** Copies the list. */
  public Resumed {
    records = List.copyOf(records);
  }
}
