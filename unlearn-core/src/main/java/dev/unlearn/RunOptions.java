package dev.unlearn;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.training.SafeListener;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What belongs to one run rather than to the recipe. Immutable. */
public final class RunOptions {
  private static final int MIN_KEY_BYTES = 16;

  private final List<UnlearningListener> listeners;
  private final byte[] digestKey;

  private RunOptions(Builder builder) {
    listeners = builder.listeners.stream().<UnlearningListener>map(SafeListener::new).toList();
    digestKey = builder.digestKey.clone();
  }

  /** Returns options without listeners and digest key. */
  public static RunOptions none() {
    return builder().build();
  }

  /** Returns a new builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns one listener that tells all, in the order they were added. */
  UnlearningListener listener() {
    return new UnlearningListener() {
      @Override
      public void progressed(RunProgress progress) {
        listeners.forEach(listener -> listener.progressed(progress));
      }

      @Override
      public void epochEnded(EpochReport report) {
        listeners.forEach(listener -> listener.epochEnded(report));
      }

      @Override
      public void ended(ForgetReport report) {
        listeners.forEach(listener -> listener.ended(report));
      }
    };
  }

  Optional<byte[]> digestKey() {
    return digestKey.length == 0 ? Optional.empty() : Optional.of(digestKey);
  }

  /** Builds {@link RunOptions}. Not thread-safe. */
  public static final class Builder {
    private final List<UnlearningListener> listeners = new ArrayList<>();
    private byte[] digestKey = {};

    private Builder() {}

    /** Adds a listener; may be called several times. */
    @CanIgnoreReturnValue
    public Builder listener(UnlearningListener listener) {
      listeners.add(requireNonNull(listener, "listener"));
      return this;
    }

    /**
     * Sets the key under which the report has a digest of the forget set, at least 16 bytes. Who
     * holds the key and the set can check what a report is about; who holds the report alone cannot
     * guess the set. Without a key the report has no such digest.
     *
     * @throws IllegalArgumentException if it is shorter
     */
    @CanIgnoreReturnValue
    public Builder digestKey(byte[] key) {
      requireNonNull(key, "key");
      checkArgument(
          key.length >= MIN_KEY_BYTES,
          "digestKey must have at least %s bytes, but had: %s",
          MIN_KEY_BYTES,
          key.length);
      digestKey = key.clone();
      return this;
    }

    /** Returns the options. */
    public RunOptions build() {
      return new RunOptions(this);
    }
  }
}
