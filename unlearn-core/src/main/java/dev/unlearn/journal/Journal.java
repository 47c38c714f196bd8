package dev.unlearn.journal;

import static com.google.common.base.Preconditions.checkArgument;

import ai.djl.ndarray.NDArray;
import com.google.common.hash.HashFunction;
import com.google.common.hash.Hashing;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Places;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The epochs of a run on disk, and the arrays after the last one. Whenever the process ends, be it
 * by a power failure, the epoch last appended or the one before it is whole.
 *
 * <p>Not safe for use by several threads at once.
 */
public final class Journal implements AutoCloseable {
  static final int FORMAT = 1;
  static final Logger logger = LoggerFactory.getLogger(Journal.class);

  private final Path file;
  private final ChainedFile lines;
  private final WorkDirectory directory;
  private final StateFiles files;
  private JournalHeader header;
  private int count;
  private @Nullable JournalEntry last;
  private Optional<Resumed> resumed = Optional.empty();

  private Journal(
      WorkDirectory directory, ChainedFile lines, HashFunction hmac, JournalHeader run) {
    this.directory = directory;
    this.lines = lines;
    file = directory.resolve(WorkDirectory.JOURNAL);
    files = new StateFiles(directory, hmac);
    header = run;
  }

  /**
   * Reads the journal of a work directory and checks all that it names, or begins one. A last line
   * that was not written whole is dropped, and so are arrays that no line names; if the journal is
   * refused, nothing is changed.
   *
   * @param key of HMAC-SHA-256; the same for every run that is to go on with this one
   * @param run what the run is of
   * @throws IllegalArgumentException if the journal is of a run that differs in a setting, a
   *     fingerprint or a version; or the key is empty
   * @throws UnlearningException if it, or a file that it names, was changed, is missing, was
   *     written under another key or by another version of the format, or cannot be written
   */
  public static Journal open(WorkDirectory directory, byte[] key, JournalHeader run) {
    checkArgument(key.length > 0, "key must not be empty");
    HashFunction hmac = Hashing.hmacSha256(key);
    Path file = directory.resolve(WorkDirectory.JOURNAL);
    try {
      ChainedFile lines = ChainedFile.open(file, hmac);
      try {
        Journal journal = new Journal(directory, lines, hmac, run);
        journal.begin();
        return journal;
      } catch (IOException | RuntimeException | Error e) {
        lines.close();
        throw e;
      }
    } catch (IOException e) {
      throw Places.cannotWrite("file", file, e);
    }
  }

  private void begin() throws IOException {
    if (!lines.lines().isEmpty()) {
      readHeader();
      readEntries();
    }
    lines.truncate();
    directory.deleteStale(names(last));
    if (lines.lines().isEmpty()) {
      lines.append(EpochJson.of(header));
    }
  }

  private void readHeader() throws IOException {
    String text = lines.lines().get(0);
    long format = EpochJsonReader.format(text);
    if (format != FORMAT) {
      throw Refusals.of(
          file + " line 1", "must be of format %d, but is of %d".formatted(FORMAT, format));
    }
    JournalHeader found = EpochJsonReader.header(text);
    found.checkContinuedBy(header, file);
    header = found;
  }

  private void readEntries() throws IOException {
    List<EpochRecord> records = new ArrayList<>();
    for (String text : lines.lines().subList(1, lines.lines().size())) {
      last = EpochJsonReader.entry(text);
      records.add(last.epoch());
    }
    count = records.size();
    if (last != null) {
      resumed = Optional.of(new Resumed(records, verify(last.state()), verify(last.best())));
    }
  }

  private Optional<StoredState> verify(Optional<StateReference> reference) throws IOException {
    return reference.isPresent() ? Optional.of(files.verify(reference.get())) : Optional.empty();
  }

  /** Returns what the run is of, with the numbers of the first run. */
  public JournalHeader header() {
    return header;
  }

  /** Returns what there was when the journal was opened; empty if the run has no whole epoch. */
  public Optional<Resumed> resumed() {
    return resumed;
  }

  /**
   * Writes an epoch and waits until it is on the disk. After a failure the epoch before it is the
   * last, as if this one had not been appended.
   *
   * @param state arrays to go on from, by name; those of the epoch before still hold if empty
   * @param best arrays of the best epoch; if empty, those written before still hold as long as the
   *     record names the same best epoch
   * @throws IllegalArgumentException if an array is of a type that cannot be written
   * @throws UnlearningException if it cannot be written
   */
  public void append(
      EpochRecord record,
      Optional<Map<String, NDArray>> state,
      Optional<Map<String, NDArray>> best) {
    Optional<StateReference> newState = Optional.empty();
    Optional<StateReference> newBest = Optional.empty();
    boolean complete = false;
    try {
      newState = state.map(arrays -> files.write(name("state"), arrays));
      newBest = best.map(arrays -> files.write(name("best"), arrays));
      JournalEntry entry =
          new JournalEntry(
              record,
              newState.or(() -> last == null ? Optional.empty() : last.state()),
              newBest.or(() -> keptBest(record)));
      lines.append(EpochJson.of(entry));
      List<String> before = names(last);
      last = entry;
      count++;
      complete = true;
      before.stream().filter(name -> !names(entry).contains(name)).forEach(this::delete);
    } catch (IOException e) {
      throw Places.cannotWrite("file", file, e);
    } finally {
      if (!complete && !lines.isBroken()) {
        Stream.concat(newState.stream(), newBest.stream())
            .forEach(reference -> delete(reference.name()));
      }
    }
  }

  /** Numbered by lines, as two lots may have a line of the same epoch. */
  private String name(String kind) {
    return "%s-%d.safetensors".formatted(kind, count);
  }

  private Optional<StateReference> keptBest(EpochRecord record) {
    return last != null && record.best().equals(last.epoch().best())
        ? last.best()
        : Optional.empty();
  }

  private static List<String> names(@Nullable JournalEntry entry) {
    return entry == null
        ? List.of()
        : Stream.concat(entry.state().stream(), entry.best().stream())
            .map(StateReference::name)
            .toList();
  }

  private void delete(String name) {
    files.delete(directory.resolve(name));
  }

  /** Closes the file; what is on the disk stays. */
  @Override
  public void close() {
    try {
      lines.close();
    } catch (IOException e) {
      logger.warn("cannot close {}", file, e);
    }
  }
}
