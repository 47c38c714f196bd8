package dev.unlearn.journal;

import java.util.Optional;

/**
 * A line after the header.
 *
 * @param state the arrays after the epoch, if there are any yet
 * @param best the arrays after the best epoch, if they are kept
 */
record JournalEntry(
    EpochRecord epoch, Optional<StateReference> state, Optional<StateReference> best) {}
