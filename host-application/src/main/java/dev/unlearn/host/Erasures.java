package dev.unlearn.host;

import dev.unlearn.api.ForgetFailedException;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.host.ErasureStatus.State;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Takes erasures and works on them, one at a time, in order, on a thread of its own. What is
 * accepted is on the disk until it has ended: a process that ends before is followed by one that
 * goes on.
 */
@Component
final class Erasures implements AutoCloseable {
  private static final Logger logger = LoggerFactory.getLogger(Erasures.class);

  private final HostProperties properties;
  private final WorkFolder work;
  private final LiveModel live;
  private final Recipe recipe;
  private final Forgetting forgetting;
  private final Map<Long, Erasure> open = new ConcurrentHashMap<>();
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(task -> new Thread(task, "erasures"));
  private volatile boolean stopping;

  Erasures(
      HostProperties properties,
      WorkFolder work,
      LiveModel live,
      Recipe recipe,
      Forgetting forgetting)
      throws IOException {
    this.properties = properties;
    this.work = work;
    this.live = live;
    this.recipe = recipe;
    this.forgetting = forgetting;
    for (long id : work.waiting()) {
      Erasure unused = enqueue(id, work.read(id).texts().size());
    }
  }

  /**
   * Accepts an erasure.
   *
   * @throws IllegalArgumentException if its texts cannot be forgotten
   * @throws ResponseStatusException if too many wait
   */
  ErasureStatus accept(ErasureRequest request) throws IOException {
    ForgetSet unused = live.ask(model -> recipe.set(model, request));
    synchronized (this) {
      if (open.size() >= properties.maxErasures()) {
        throw new ResponseStatusException(
            HttpStatus.SERVICE_UNAVAILABLE,
            "%d erasures wait or run, and no more may; try again later".formatted(open.size()));
      }
      long id = work.nextId();
      work.keep(id, request);
      return enqueue(id, request.texts().size()).status();
    }
  }

  private Erasure enqueue(long id, int texts) {
    Erasure erasure = new Erasure(id, texts);
    open.put(id, erasure);
    thread.execute(() -> run(erasure));
    return erasure;
  }

  /** Returns what is known of an erasure; empty if there is none of this number. */
  Optional<ErasureStatus> status(long id) throws IOException {
    Erasure erasure = open.get(id);
    return erasure == null ? work.ended(id) : Optional.of(erasure.status());
  }

  /** Cancels an erasure that has not ended; one that runs ends within seconds. */
  synchronized Optional<ErasureStatus> cancel(long id) throws IOException {
    Erasure erasure = open.get(id);
    if (erasure != null) {
      erasure.cancel();
      if (!erasure.begun()) {
        end(erasure.end(State.CANCELLED, "cancelled before it began"));
      }
    }
    return status(id);
  }

  /** Returns false if it was cancelled, or is to be left to the next process. */
  private synchronized boolean begin(Erasure erasure) {
    boolean wanted = !stopping && !erasure.cancelled();
    if (wanted) {
      erasure.begin();
    }
    return wanted;
  }

  private void run(Erasure erasure) {
    if (!begin(erasure)) {
      return;
    }
    try {
      Optional<ErasureStatus> end = forgetting.run(erasure, () -> stopping);
      if (end.isPresent()) {
        end(end.get());
      }
    } catch (ForgetFailedException e) {
      failed(erasure, e, erasure.end(State.FAILED, e.report()));
    } catch (IllegalArgumentException | UnlearningException e) {
      failed(erasure, e, erasure.end(State.FAILED, String.valueOf(e.getMessage())));
    } catch (Exception | Error e) {
      String reason = "failed by " + e.getClass().getName() + "; see the log";
      failed(erasure, e, erasure.end(State.FAILED, reason));
    }
  }

  private void end(ErasureStatus end) throws IOException {
    work.keep(end);
    work.forget(end.id());
    open.remove(end.id());
    logger.info("erasure {}: {}, {}", end.id(), end.state(), end.reason());
  }

  private void failed(Erasure erasure, Throwable failure, ErasureStatus end) {
    logger.error("erasure {} failed", erasure.id(), failure);
    if (Files.exists(work.model(erasure.id()))) {
      logger.error("its model is saved: it will answer after the next start");
      return;
    }
    try {
      end(end);
    } catch (IOException e) {
      logger.error("erasure {} stays open until the next start", erasure.id(), e);
    }
  }

  /** Lets the run go after its last whole epoch, for the next process to go on with. */
  @Override
  public void close() throws InterruptedException {
    stopping = true;
    thread.shutdown();
    if (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
      logger.warn("the run does not end; what it keeps of its epochs stays");
    }
  }
}
