package dev.unlearn.host;

import dev.unlearn.CausalLms;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/** The model that answers. Another can take its place while it does. */
@Component
final class LiveModel implements AutoCloseable {
  private volatile Generation current;

  /** Loads the newest model: the one that the last erasure made, or the original. */
  @Autowired
  LiveModel(HostProperties properties, WorkFolder work) throws IOException {
    this(newest(properties, work));
  }

  LiveModel(Generation first) {
    current = first;
  }

  private static Generation newest(HostProperties properties, WorkFolder work) throws IOException {
    OptionalLong erasure = work.newestModel();
    return erasure.isPresent()
        ? Generation.load("erasure " + erasure.getAsLong(), work.model(erasure.getAsLong()))
        : Generation.load("original", properties.model());
  }

  /** A model, and who uses it. */
  static final class Generation {
    private final String name;
    private final Path folder;
    private final TrainableCausalLm model;

    /** Held for reading by those who ask it, for writing by the one who closes it. */
    private final ReadWriteLock use = new ReentrantReadWriteLock();

    private Generation(String name, Path folder, TrainableCausalLm model) {
      this.name = name;
      this.folder = folder;
      this.model = model;
    }

    static Generation load(String name, Path folder) {
      return new Generation(name, folder, CausalLms.load(folder));
    }

    /** Says which it is. */
    String name() {
      return name;
    }

    CausalLm model() {
      return model;
    }

    private void close() {
      use.writeLock().lock();
      try {
        model.close();
      } finally {
        use.writeLock().unlock();
      }
    }
  }

  /** Asks the model that is there now; it stays open until the answer is. */
  <T> T ask(Function<? super CausalLm, T> question) {
    return askGeneration(generation -> question.apply(generation.model()));
  }

  /** Asks, and can tell which model it was. */
  <T> T askGeneration(Function<Generation, T> question) {
    while (true) {
      Generation now = current;
      now.use.readLock().lock();
      try {
        // Else it was replaced between the two lines above, and may be closed.
        if (now == current) {
          return question.apply(now);
        }
      } finally {
        now.use.readLock().unlock();
      }
    }
  }

  /** Loads a copy of the model, for weights to be changed. The caller closes it. */
  TrainableCausalLm copy() {
    return CausalLms.load(current.folder);
  }

  /**
   * Loads the model that an erasure made and lets it answer from now on. Returns when the last
   * answer of the one before has been given and it is closed.
   */
  void replace(long erasure, Path folder) {
    Generation before = current;
    current = Generation.load("erasure " + erasure, folder);
    before.close();
  }

  String name() {
    return current.name;
  }

  @Override
  public void close() {
    current.close();
  }
}
