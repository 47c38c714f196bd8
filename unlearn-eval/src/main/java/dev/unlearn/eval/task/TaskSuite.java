package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.spi.CausalLm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * Runs tasks on a model.
 *
 * <pre>{@code
 * List<TaskResult> results =
 *     TaskSuite.builder()
 *         .task(Benchmark.PIQA.load(file))
 *         .limit(200)
 *         .startToken(50256)
 *         .cache(folder, digestOfTheModel)
 *         .listener(ConsoleTaskBar.onStandardError())
 *         .build()
 *         .run(model);
 * }</pre>
 *
 * <p>A suite is immutable and may be run on several models, from several threads if its tasks and
 * listener allow it. The builder is not thread-safe.
 */
public final class TaskSuite {
  /** The confidence of intervals unless said otherwise. */
  public static final double DEFAULT_CONFIDENCE = 0.95;

  private final List<Task> tasks;
  private final int limit;
  private final OptionalInt startToken;
  private final boolean startsEveryText;
  private final Optional<Path> cacheFolder;
  private final String modelDigest;
  private final double confidence;
  private final TaskListener listener;

  private TaskSuite(Builder builder) {
    tasks = List.copyOf(builder.tasks);
    limit = builder.limit;
    startToken = builder.startToken;
    startsEveryText = builder.startsEveryText;
    cacheFolder = builder.cacheFolder;
    modelDigest = builder.modelDigest;
    confidence = builder.confidence;
    listener = builder.listener;
  }

  /** Returns a new builder. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Runs the tasks in order and returns their results.
   *
   * @throws IllegalArgumentException if a task has no item, or items of several classes
   * @throws dev.unlearn.api.UnlearningException if a log-likelihood is not finite, or the cache
   *     cannot be written
   * @throws java.util.concurrent.CancellationException if the listener cancels
   */
  public List<TaskResult> run(CausalLm model) {
    RequestEncoder encoder =
        new RequestEncoder(model.tokenizer(), model.contextLength(), startToken, startsEveryText);
    List<TaskResult> results = new ArrayList<>();
    for (Task task : tasks) {
      TaskResult result = run(task, results.size() + 1, model, encoder);
      listener.finished(result);
      results.add(result);
    }
    return results;
  }

  private TaskResult run(Task task, int number, CausalLm model, RequestEncoder encoder) {
    TaskRun run = new TaskRun(task, limit);
    Optional<ScoreCache> cache =
        cacheFolder.map(
            folder -> new ScoreCache(folder, task.key(), key(run, model.contextLength())));
    List<ItemScores> scores =
        run.scores(
            model,
            encoder,
            cache,
            (done, total) ->
                listener.progressed(
                    new TaskProgress(task.title(), number, tasks.size(), done, total)),
            listener::cancelled);
    TaskScoring scoring = new TaskScoring(run.items(), scores);
    return new TaskResult(
        task.key(),
        task.title(),
        task.variant(),
        scoring.values(confidence),
        scores,
        scoring.gold(),
        scoring.units(),
        run.digest(),
        notes(run.items().get(0), model.contextLength()));
  }

  private String key(TaskRun run, int contextLength) {
    return String.join(
        "|",
        "scoring " + TaskRun.SCORING_VERSION,
        modelDigest,
        run.digest(),
        startToken.toString(),
        Boolean.toString(startsEveryText),
        Integer.toString(contextLength));
  }

  /** Returns how text is read: perplexity means nothing without stride and averaging. */
  private List<String> notes(TaskItem item, int contextLength) {
    if (!(item instanceof TextItem)) {
      return List.of();
    }
    if (item.variant() == Variant.PAPER) {
      return List.of(
          String.format(
              "The first %d tokens of each text, the first one unscored; the mean is over tokens.",
              Math.min(Variant.PAPER_TOKENS, contextLength)));
    }
    String first = startToken.isPresent() ? "scored after the start token" : "not scored";
    return List.of(
        String.format(
            "Windows and stride of %d tokens; the first token of a text is %s.",
            contextLength, first),
        "Sums over all texts are divided by the words, bytes or tokens of all.");
  }

  /** Builds a {@link TaskSuite}. Setting an option twice is an error. Not thread-safe. */
  public static final class Builder {
    private final Set<String> given = new HashSet<>();
    private final List<Task> tasks = new ArrayList<>();
    private int limit = Integer.MAX_VALUE;
    private OptionalInt startToken = OptionalInt.empty();
    private boolean startsEveryText;
    private Optional<Path> cacheFolder = Optional.empty();
    private String modelDigest = "";
    private double confidence = DEFAULT_CONFIDENCE;
    private TaskListener listener = TaskListener.NONE;

    private Builder() {}

    /** Adds a task. */
    @CanIgnoreReturnValue
    public Builder task(Task task) {
      tasks.add(requireNonNull(task, "task"));
      return this;
    }

    /**
     * Takes only the first items of each task; all by default.
     *
     * @throws IllegalArgumentException if {@code < 1}
     */
    @CanIgnoreReturnValue
    public Builder limit(int items) {
      checkArgument(items >= 1, "limit must be >= 1, but was: %s", items);
      once("limit");
      limit = items;
      return this;
    }

    /**
     * Puts a token before texts that have no context, so that their first token can be scored: the
     * tokenizer's beginning of sequence or, where it has none, its end of sequence. It also ends
     * what is generated. By default there is none, and such first tokens are not scored.
     *
     * @throws IllegalArgumentException if negative
     */
    @CanIgnoreReturnValue
    public Builder startToken(int id) {
      checkArgument(id >= 0, "startToken must be >= 0, but was: %s", id);
      once("startToken");
      startToken = OptionalInt.of(id);
      return this;
    }

    /**
     * Puts the start token before every context, as tokenizers of the Llama kind do by themselves
     * elsewhere. As in the harness, a text to read then has it twice.
     */
    @CanIgnoreReturnValue
    public Builder startEveryText() {
      once("startEveryText");
      startsEveryText = true;
      return this;
    }

    /**
     * Keeps scores in files, so that a run goes on where one with the same model, items and options
     * ended. Files hold numbers only.
     *
     * @param digest tells which weights are measured; other weights must have another
     * @throws IllegalArgumentException if the digest is empty
     */
    @CanIgnoreReturnValue
    public Builder cache(Path folder, String digest) {
      checkArgument(!digest.isEmpty(), "the model's digest must not be empty");
      once("cache");
      cacheFolder = Optional.of(folder);
      modelDigest = digest;
      return this;
    }

    /**
     * Sets the confidence of intervals; {@value #DEFAULT_CONFIDENCE} by default.
     *
     * @throws IllegalArgumentException if not in (0, 1)
     */
    @CanIgnoreReturnValue
    public Builder confidence(double value) {
      checkArgument(value > 0 && value < 1, "confidence must be in (0, 1), but was: %s", value);
      once("confidence");
      confidence = value;
      return this;
    }

    /** Sets who hears how far it is, instead of nobody. */
    @CanIgnoreReturnValue
    public Builder listener(TaskListener value) {
      requireNonNull(value, "value");
      once("listener");
      listener = value;
      return this;
    }

    /**
     * Returns the suite.
     *
     * @throws IllegalStateException if there is no task, or every text is to start with a token
     *     that was not given
     */
    public TaskSuite build() {
      checkState(!tasks.isEmpty(), "a suite needs a task; call task(...)");
      checkState(
          !startsEveryText || startToken.isPresent(),
          "startEveryText needs a start token; call startToken(id) or drop it");
      return new TaskSuite(this);
    }

    private void once(String option) {
      checkState(given.add(option), "%s was already set", option);
    }
  }
}
