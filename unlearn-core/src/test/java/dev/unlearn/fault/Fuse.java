package dev.unlearn.fault;

import dev.unlearn.api.EpochReport;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import java.util.EnumMap;
import java.util.Map;

/** Counts the calls of the parts of a run, and does something at one of them. */
final class Fuse {
  /** A part of a run that somebody else may have written. */
  enum Part {
    OBJECTIVE,
    OPTIMIZER_START,
    OPTIMIZER_UPDATE,
    OPTIMIZER_CLOSE,
    STRATEGY,
    CRITERION,
    METRIC,
    GUARD,
    PROGRESS_LISTENER,
    EPOCH_LISTENER,
    CANCEL_WHEN
  }

  private final Map<Part, Integer> calls = new EnumMap<>(Part.class);
  private Part part = Part.OBJECTIVE;
  private int call;
  private Action action = () -> {};

  /** What is done. */
  @FunctionalInterface
  interface Action {
    void run() throws Throwable;
  }

  /** Lets a call of a part, counted from 1, do something; only once. */
  void at(Part newPart, int newCall, Action newAction) {
    calls.clear();
    part = newPart;
    call = newCall;
    action = newAction;
  }

  /** Lets no call do anything. */
  void putOut() {
    at(Part.OBJECTIVE, 0, () -> {});
  }

  int calls(Part of) {
    return calls.getOrDefault(of, 0);
  }

  /** Tells that a part is called. */
  void called(Part by) {
    int count = calls.merge(by, 1, Integer::sum);
    if (by == part && count == call) {
      try {
        action.run();
      } catch (Throwable e) {
        throw Fuse.<RuntimeException>any(e);
      }
    }
  }

  /** Parts in other languages throw checked exceptions, too. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <E extends Throwable> E any(Throwable e) throws E {
    throw (E) e;
  }

  UnlearningListener listener() {
    return new UnlearningListener() {
      @Override
      public void progressed(RunProgress progress) {
        called(Part.PROGRESS_LISTENER);
      }

      @Override
      public void epochEnded(EpochReport report) {
        called(Part.EPOCH_LISTENER);
      }
    };
  }
}
