package dev.unlearn.host;

import static com.google.common.base.Preconditions.checkState;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.SYNC;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.stereotype.Component;
import org.springframework.util.FileSystemUtils;

/**
 * What outlives the process, by number of the erasure:
 *
 * <ul>
 *   <li>{@code requests/1.json}, while it waits or runs: the only file with text to be forgotten
 *   <li>{@code runs/1/}, while it runs: what the run can be gone on with
 *   <li>{@code reports/1.json}, from its end on
 *   <li>{@code models/1/}, if it is forgotten, until a later one is
 * </ul>
 *
 * <p>Only its owner may read it, and only one process uses it at a time.
 */
@Component
final class WorkFolder implements AutoCloseable {
  private static final Pattern NUMBERED = Pattern.compile("(\\d{1,18})(\\.json)?");

  private static final String LOCK = "lock";
  private static final String REQUESTS = "requests";
  private static final String RUNS = "runs";
  private static final String REPORTS = "reports";
  private static final String MODELS = "models";
  private static final Set<String> OWN = Set.of(LOCK, REQUESTS, RUNS, REPORTS, MODELS);

  private final Path requests;
  private final Path runs;
  private final Path reports;
  private final Path models;
  private final ObjectMapper json;
  private final FileChannel lock;

  WorkFolder(HostProperties properties, ObjectMapper json) throws IOException {
    this.json = json;
    Path folder = Files.createDirectories(properties.work());
    checkOwn(folder);
    PosixFileAttributeView rights =
        Files.getFileAttributeView(folder, PosixFileAttributeView.class);
    if (rights != null) {
      rights.setPermissions(PosixFilePermissions.fromString("rwx------"));
    }
    lock = FileChannel.open(folder.resolve(LOCK), CREATE, WRITE);
    checkState(lock.tryLock() != null, "unlearn.work is used by another process: %s", folder);
    requests = Files.createDirectories(folder.resolve(REQUESTS));
    runs = Files.createDirectories(folder.resolve(RUNS));
    reports = Files.createDirectories(folder.resolve(REPORTS));
    models = Files.createDirectories(folder.resolve(MODELS));
    // Killed between saving a model and saying so: these are done.
    for (long id : numbers(models)) {
      Files.deleteIfExists(request(id));
    }
    tidy();
  }

  /** What is not needed any more is deleted, so it must not be anybody else's. */
  private static void checkOwn(Path folder) throws IOException {
    List<String> names = list(folder).stream().map(it -> it.getFileName().toString()).toList();
    checkState(
        names.isEmpty() || (names.contains(LOCK) && OWN.containsAll(names)),
        "unlearn.work must be empty or of this application, but other files are in it: %s",
        folder);
  }

  /** Returns the erasures that wait, oldest first. */
  Set<Long> waiting() throws IOException {
    return numbers(requests);
  }

  /** Returns a number that no erasure has had. */
  long nextId() throws IOException {
    SortedSet<Long> ids = numbers(requests);
    ids.addAll(numbers(reports));
    return ids.isEmpty() ? 1 : ids.last() + 1;
  }

  /** Keeps what is asked for; it is on the disk when this returns. */
  synchronized void keep(long id, ErasureRequest request) throws IOException {
    write(request(id), request);
  }

  ErasureRequest read(long id) throws IOException {
    return json.readValue(request(id).toFile(), ErasureRequest.class);
  }

  /** Keeps how an erasure ended. */
  void keep(ErasureStatus end) throws IOException {
    write(report(end.id()), end);
  }

  /** Returns how an erasure ended; empty if none of this number has. */
  Optional<ErasureStatus> ended(long id) throws IOException {
    return Files.exists(report(id)) && !Files.exists(request(id))
        ? Optional.of(json.readValue(report(id).toFile(), ErasureStatus.class))
        : Optional.empty();
  }

  /** Forgets an erasure that has ended, and all that is not needed any more. */
  synchronized void forget(long id) throws IOException {
    Files.deleteIfExists(request(id));
    tidy();
  }

  /** Returns where a run keeps what it can be gone on with. */
  Path run(long id) throws IOException {
    return Files.createDirectories(runs.resolve(Long.toString(id)));
  }

  /** Returns where the model goes that an erasure makes. */
  Path model(long id) {
    return models.resolve(Long.toString(id));
  }

  /** Returns the last erasure that made a model; empty if none has. */
  OptionalLong newestModel() throws IOException {
    SortedSet<Long> ids = numbers(models);
    return ids.isEmpty() ? OptionalLong.empty() : OptionalLong.of(ids.last());
  }

  /** Deletes files half written, runs that have ended, and all models but the newest. */
  private void tidy() throws IOException {
    Set<Long> waiting = waiting();
    OptionalLong newest = newestModel();
    keepOnly(requests, waiting);
    keepOnly(runs, waiting);
    keepOnly(models, newest.isPresent() ? Set.of(newest.getAsLong()) : Set.of());
  }

  private static void keepOnly(Path folder, Set<Long> ids) throws IOException {
    for (Path path : list(folder)) {
      Matcher name = NUMBERED.matcher(path.getFileName().toString());
      if (!name.matches() || !ids.contains(Long.valueOf(name.group(1)))) {
        boolean unused = FileSystemUtils.deleteRecursively(path);
      }
    }
  }

  private static SortedSet<Long> numbers(Path folder) throws IOException {
    SortedSet<Long> numbers = new TreeSet<>();
    for (Path path : list(folder)) {
      Matcher name = NUMBERED.matcher(path.getFileName().toString());
      if (name.matches()) {
        numbers.add(Long.valueOf(name.group(1)));
      }
    }
    return numbers;
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private void write(Path file, Object value) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(beside, json.writeValueAsBytes(value), CREATE, TRUNCATE_EXISTING, WRITE, SYNC);
    Files.move(beside, file, ATOMIC_MOVE, REPLACE_EXISTING);
  }

  private Path request(long id) {
    return requests.resolve(id + ".json");
  }

  private Path report(long id) {
    return reports.resolve(id + ".json");
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
