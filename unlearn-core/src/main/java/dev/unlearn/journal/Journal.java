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
    ChainedFile lines;
    try {
      lines = ChainedFile.open(file, hmac);
    } catch (IOException e) {
      throw Places.cannotRead("file", file, e);
    }
    Journal journal = new Journal(directory, lines, hmac, run);
    try {
      journal.begin();
      return journal;
    } catch (RuntimeException | Error e) {
      journal.close();
      throw e;
    }
  }

  private void begin() {
    if (!lines.lines().isEmpty()) {
      readHeader();
      readEntries();
    }
    try {
      lines.truncate();
      directory.deleteStale(names(last));
      if (lines.lines().isEmpty()) {
        lines.append(EpochJson.of(header));
      }
    } catch (IOException e) {
      throw Places.cannotWrite("file", file, e);
    }
  }

  private void readHeader() {
    long format = parse(0, EpochJsonReader::format);
    if (format != FORMAT) {
      throw Refusals.of(
          file + " line 1", "must be of format %d, but is of %d".formatted(FORMAT, format));
    }
    JournalHeader found = parse(0, EpochJsonReader::header);
    found.checkContinuedBy(header, file);
    header = found;
  }

  private void readEntries() {
    List<EpochRecord> records = new ArrayList<>();
    for (int line = 1; line < lines.lines().size(); line++) {
      last = parse(line, EpochJsonReader::entry);
      records.add(last.epoch());
    }
    count = records.size();
    if (last != null) {
      resumed =
          Optional.of(
              new Resumed(
                  records, last.state().map(files::verify), last.best().map(files::verify)));
    }
  }

  /** Reads a line that has been checked: it is as it was written, but maybe by another version. */
  private <V> V parse(int line, Parser<V> parser) {
    try {
      return parser.parse(lines.lines().get(line));
    } catch (IOException | RuntimeException e) {
      throw Refusals.of(
          "%s line %d".formatted(file, line + 1),
          "must be as this version of the library writes it, but is not",
          e);
    }
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

  @FunctionalInterface
  private interface Parser<V> {
    V parse(String text) throws IOException;
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
