package dev.unlearn.journal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.api.Decision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A run of three epochs that is written to a folder, and what is read from there again. */
final class WrittenRun implements AutoCloseable {
  static final byte[] KEY = {1, 2, 3};

  /** Nothing was updated before the first, and each of the others is the best so far. */
  static final List<EpochRecord> RECORDS = List.of(EpochRecords.of(0), withBest(1), withBest(2));

  private final NDManager manager = NDManager.newBaseManager("PyTorch");
  private final NDArray weights = manager.create(new float[] {0, Float.NaN, -0f});
  private final NDArray step = manager.create(new long[] {7});
  private final Path folder;

  WrittenRun(Path folder) {
    this.folder = folder;
  }

  private static EpochRecord withBest(int epoch) {
    return EpochRecords.of(
        epoch, Decision.proceed(), Optional.of(new EpochRecord.Best(epoch, 0.25)));
  }

  /** Writes the epochs that are not there yet, up to a number of them. */
  void writeUpTo(int count) {
    try (WorkDirectory directory = WorkDirectory.open(folder);
        Journal journal = Journal.open(directory, KEY, EpochRecords.header())) {
      int begin = journal.resumed().map(resumed -> resumed.records().size()).orElse(0);
      for (int epoch = begin; epoch < count; epoch++) {
        weights.set(new float[] {epoch, Float.NaN, epoch});
        boolean updated = epoch > 0;
        journal.append(
            RECORDS.get(epoch),
            updated ? Optional.of(state()) : Optional.empty(),
            updated ? Optional.of(best()) : Optional.empty());
      }
    }
  }

  Map<String, NDArray> state() {
    return Map.of("weights/a.b", weights, "optimizer/step", step);
  }

  Map<String, NDArray> best() {
    return Map.of("weights/a.b", weights);
  }

  NDManager manager() {
    return manager;
  }

  /** Returns the epochs that are there, after a check that the arrays are those of the last. */
  List<EpochRecord> read() {
    try (WorkDirectory directory = WorkDirectory.open(folder)) {
      return read(directory);
    }
  }

  List<EpochRecord> read(WorkDirectory directory) {
    try (Journal journal = Journal.open(directory, KEY, EpochRecords.header());
        NDArray target = manager.zeros(weights.getShape())) {
      if (journal.resumed().isEmpty()) {
        return List.of();
      }
      Resumed resumed = journal.resumed().get();
      int epoch = resumed.records().size() - 1;
      if (epoch > 0) {
        for (StoredState stored : List.of(resumed.state().get(), resumed.best().get())) {
          stored.load("weights/", Map.of("a.b", target));
          if (target.getFloat(0) != epoch || target.getFloat(2) != epoch) {
            throw new AssertionError("arrays are not those of epoch " + epoch);
          }
        }
      }
      return resumed.records();
    }
  }

  /** Returns what is in the folder, but for the lock. */
  Map<String, byte[]> files() throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    for (Path file : WorkDirectory.list(folder)) {
      if (!file.endsWith("lock")) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  /** Puts files into the folder in place of those that are there. */
  void setFiles(Map<String, byte[]> files) throws IOException {
    for (Path file : WorkDirectory.list(folder)) {
      if (!file.endsWith("lock")) {
        Files.delete(file);
      }
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path unused = Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
