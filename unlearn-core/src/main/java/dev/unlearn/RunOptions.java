package dev.unlearn;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.rollback.Rollback;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Cancellation;
import dev.unlearn.training.KeptRollback;
import dev.unlearn.training.RunSetup;
import dev.unlearn.training.SafeListener;
import dev.unlearn.training.SecretKey;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** What belongs to one run rather than to the recipe. Immutable. */
public final class RunOptions {
  private static final int MIN_KEY_BYTES = 16;
  private static final Duration SHORTEST = Duration.ofMinutes(1);
  private static final Duration LONGEST = Duration.ofDays(36525);

  private final List<UnlearningListener> listeners;
  private final @Nullable SecretKey digestKey;
  private final BooleanSupplier cancelWhen;
  private final @Nullable Instant deadline;
  private final @Nullable Path workDirectory;
  private final @Nullable KeptRollback rollback;
  private final OptionalLong memoryBytes;
  private final @Nullable TrainableCausalLm originalModel;

  private RunOptions(Builder builder) {
    listeners = builder.listeners.stream().<UnlearningListener>map(SafeListener::new).toList();
    digestKey = builder.digestKey;
    cancelWhen = builder.cancelWhen;
    deadline = builder.deadline;
    workDirectory = builder.workDirectory;
    rollback = builder.rollback;
    memoryBytes = builder.memoryBytes;
    originalModel = builder.originalModel;
  }

  /** Returns the defaults, which ask for nothing. */
  public static RunOptions defaults() {
    return builder().build();
  }

  /** Returns a new builder. */
  public static Builder builder() {
    return new Builder();
  }

  RunSetup setup() {
    return new RunSetup(
        listener(),
        new Cancellation(cancelWhen, deadline),
        Optional.ofNullable(digestKey),
        Optional.ofNullable(workDirectory),
        Optional.ofNullable(rollback),
        memoryBytes,
        Optional.ofNullable(originalModel));
  }

  /** Returns one listener that tells all, in the order they were added. */
  private UnlearningListener listener() {
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

  private static boolean isIn(Path file, Path folder) {
    return file.toAbsolutePath().normalize().startsWith(folder.toAbsolutePath().normalize());
  }

  /**
   * Builds {@link RunOptions}. Setting an option twice is an error, but for listeners. Not
   * thread-safe.
   */
  public static final class Builder {
    private final Set<String> given = new HashSet<>();
    private final List<UnlearningListener> listeners = new ArrayList<>();
    private @Nullable SecretKey digestKey;
    private BooleanSupplier cancelWhen = () -> false;
    private @Nullable Instant deadline;
    private @Nullable Path workDirectory;
    private @Nullable KeptRollback rollback;
    private OptionalLong memoryBytes = OptionalLong.empty();
    private @Nullable TrainableCausalLm originalModel;

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
      once("digestKey");
      digestKey = new SecretKey(key);
      return this;
    }

    /**
     * Sets what cancels the run: asked from the run's thread between micro-batches, scored batches
     * and decoding steps. Once it says true, the original weights come back, and the report says
     * {@link dev.unlearn.api.Outcome#CANCELLED}. Interrupting the run's thread does the same; it
     * stays interrupted.
     *
     * <pre>{@code
     * AtomicBoolean stop = new AtomicBoolean();
     * RunOptions options = RunOptions.builder().cancelWhen(stop::get).build();
     * }</pre>
     */
    @CanIgnoreReturnValue
    public Builder cancelWhen(BooleanSupplier value) {
      requireNonNull(value, "cancelWhen");
      once("cancelWhen");
      cancelWhen = value;
      return this;
    }

    /** Sets when the run is cancelled if it has not ended by then; see {@link #cancelWhen}. */
    @CanIgnoreReturnValue
    public Builder deadline(Instant value) {
      requireNonNull(value, "deadline");
      once("deadline");
      deadline = value;
      return this;
    }

    /**
     * Sets a folder, new or empty, in which every whole epoch is kept, so that a run that was
     * cancelled, failed or died with its process can be resumed: call {@code forget} again with the
     * same folder, recipe, set and the model as it was before, and it goes on after the last whole
     * epoch, to the same end, bit for bit where the machine is the same and computes on a CPU with
     * as many threads. A run that comes to a decision of its own empties the folder.
     *
     * <p>It takes about three copies of the weights with Adam, one more with {@link
     * dev.unlearn.api.GiveUp#KEEP_BEST}, and twice that while an epoch is written. It holds neither
     * text nor token ids, but changed weights: guard it as you guard the model.
     */
    @CanIgnoreReturnValue
    public Builder workDirectory(Path folder) {
      requireNonNull(folder, "workDirectory");
      once("workDirectory");
      workDirectory = folder;
      return this;
    }

    /**
     * Keeps what the run changes in an encrypted file, so that {@link
     * dev.unlearn.rollback.Rollback#apply} can bring the original weights back for a stated time.
     * The run writes it at its end if its weights stay and differ from the original ones; if it
     * cannot be written, the run fails and the original weights are back. The file is as large as
     * the weights that are trained.
     *
     * <p>With its key the file gives back what was forgotten: forgetting is complete only when the
     * file or every copy of the key is gone. Nobody deletes it but you: see {@link
     * dev.unlearn.rollback.Rollback#deleteExpired}.
     *
     * @param file a new file, not in the work directory
     * @param key 32 random bytes; keep them apart from the file
     * @param keepFor from the end of the run on; 1 minute to 36525 days
     * @throws IllegalArgumentException if the key has another length or the time is out of range
     */
    @CanIgnoreReturnValue
    public Builder keepRollback(Path file, byte[] key, Duration keepFor) {
      requireNonNull(file, "file");
      requireNonNull(key, "key");
      requireNonNull(keepFor, "keepFor");
      checkArgument(
          key.length == Rollback.KEY_BYTES,
          "key must have %s bytes, but had: %s",
          Rollback.KEY_BYTES,
          key.length);
      checkArgument(
          keepFor.compareTo(SHORTEST) >= 0 && keepFor.compareTo(LONGEST) <= 0,
          "keepFor must be at least %s and at most %s, but was: %s",
          SHORTEST,
          LONGEST,
          keepFor);
      once("keepRollback");
      rollback = new KeptRollback(file, new SecretKey(key), keepFor);
      return this;
    }

    /**
     * Sets how much memory of the model's device the run may take beside what is in use, instead of
     * what is free when it begins. The need is an estimate; docs/native-memory.md says how far from
     * what is taken. Say more than is free where it refuses a run that would fit.
     *
     * @throws IllegalArgumentException if {@code bytes < 1}
     */
    @CanIgnoreReturnValue
    public Builder memoryBytes(long bytes) {
      checkArgument(bytes > 0, "memoryBytes must be > 0, but was: %s", bytes);
      once("memoryBytes");
      memoryBytes = OptionalLong.of(bytes);
      return this;
    }

    /**
     * Sets a second loaded copy of the model, on this or another device, which is asked wherever an
     * objective compares with the original model. It is borrowed, stays as it is, and must not be
     * changed while the run lasts. Without it the run asks its own copy of the original weights, on
     * the model's device.
     *
     * <p>A run refuses it if it is the model itself or says something else.
     */
    @CanIgnoreReturnValue
    public Builder originalModel(TrainableCausalLm copy) {
      requireNonNull(copy, "copy");
      once("originalModel");
      originalModel = copy;
      return this;
    }

    /**
     * Returns the options.
     *
     * @throws IllegalStateException if the rollback file is in the work directory, which holds
     *     nothing but what a run can go on from
     */
    public RunOptions build() {
      checkState(
          rollback == null || workDirectory == null || !isIn(rollback.file(), workDirectory),
          "keepRollback must have a file that is not in workDirectory, but both are: %s",
          workDirectory);
      return new RunOptions(this);
    }

    private void once(String option) {
      checkState(given.add(option), "%s was already set", option);
    }
  }
}
