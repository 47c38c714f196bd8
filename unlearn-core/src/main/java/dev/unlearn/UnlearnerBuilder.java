package dev.unlearn;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;
import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.GiveUp;
import dev.unlearn.api.HealthBound;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.model.MicroBatches;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.StoppingCriterion;
import dev.unlearn.spi.Strategy;
import dev.unlearn.spi.UtilityGuard;
import dev.unlearn.spi.train.Need;
import dev.unlearn.spi.train.Objective;
import dev.unlearn.stop.StoppingCriteria;
import dev.unlearn.strategy.Strategies;
import dev.unlearn.training.RandomContext;
import dev.unlearn.training.Recipe;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Builds an {@link Unlearner}. Required is a way to know when to stop: {@link #stopWhen}, or {@link
 * #unseen} text to measure thresholds on. The rest has defaults:
 *
 * <ul>
 *   <li>{@link #objective}: gradient ascent
 *   <li>{@link #strategy}: all at once
 *   <li>{@link #optimizer}: Adam as in the paper, learning rate 5e-5
 *   <li>{@link #order}, for measured thresholds: {@value #DEFAULT_ORDER}
 *   <li>{@link #maxEpochs}: {@value #DEFAULT_MAX_EPOCHS}, unless {@link #stopWhen} has a limit
 *   <li>{@link #healthBound}: {@link HealthBound#DEFAULT}, checked if unseen text is given
 *   <li>{@link #onGiveUp}: restore the original weights
 *   <li>{@link #guard}: none
 *   <li>{@link #retainPerUpdate}, if there is text to retain: as many sequences as the lot has
 *   <li>{@link #randomContext}: none
 *   <li>{@link #microBatchTokens}: {@value MicroBatches#DEFAULT_TOKENS}
 *   <li>{@link #gradientLimit}: {@value #DEFAULT_GRADIENT_LIMIT}
 *   <li>{@link #seed}: 0
 * </ul>
 *
 * <pre>{@code
 * Unlearner unlearner =
 *     Unlearner.builder()
 *         .objective(Objectives.gradientAscent())
 *         .strategy(Strategies.sequential(4))
 *         .optimizer(Optimizers.adam(5e-5))
 *         .stopWhen(StoppingCriteria.forgotten(thresholds))
 *         .maxEpochs(20)
 *         .build();
 * }</pre>
 *
 * <p>Setting an option twice is an error. Not thread-safe.
 */
public final class UnlearnerBuilder {
  /** Default order n of extraction likelihood, as in the paper. */
  public static final int DEFAULT_ORDER = ForgettingThresholds.DEFAULT_ORDER;

  /** Default limit of epochs per lot. */
  public static final int DEFAULT_MAX_EPOCHS = 100;

  /** Default limit of a gradient's L2 norm, in the objective's units. */
  public static final double DEFAULT_GRADIENT_LIMIT = 1e6;

  /** Options that were set, here or in the unlearner this began from. */
  private final Set<String> given = new HashSet<>();

  private final Set<String> setHere = new HashSet<>();
  private Objective objective = Objectives.gradientAscent();
  private Strategy strategy = Strategies.allAtOnce();
  private Optimizer optimizer = Optimizers.adam(Optimizers.DEFAULT_LEARNING_RATE);
  private @Nullable StoppingCriterion stopWhen;
  private @Nullable Corpus unseen;
  private @Nullable Corpus retain;
  private int retainPerUpdate;
  private RandomContext randomContext = RandomContext.NONE;
  private @Nullable UtilityGuard guard;
  private long seed;
  private int order = DEFAULT_ORDER;
  private int maxEpochs = DEFAULT_MAX_EPOCHS;
  private HealthBound healthBound = HealthBound.DEFAULT;
  private GiveUp onGiveUp = GiveUp.RESTORE;
  private int microBatchTokens = MicroBatches.DEFAULT_TOKENS;
  private double gradientLimit = DEFAULT_GRADIENT_LIMIT;

  UnlearnerBuilder() {}

  /** Begins with what another was set to. */
  private UnlearnerBuilder(UnlearnerBuilder from) {
    given.addAll(from.given);
    objective = from.objective;
    strategy = from.strategy;
    optimizer = from.optimizer;
    stopWhen = from.stopWhen;
    unseen = from.unseen;
    retain = from.retain;
    retainPerUpdate = from.retainPerUpdate;
    randomContext = from.randomContext;
    guard = from.guard;
    seed = from.seed;
    order = from.order;
    maxEpochs = from.maxEpochs;
    healthBound = from.healthBound;
    onGiveUp = from.onGiveUp;
    microBatchTokens = from.microBatchTokens;
    gradientLimit = from.gradientLimit;
  }

  /** Returns one that begins with what this was set to, and can set each option once again. */
  UnlearnerBuilder copy() {
    return new UnlearnerBuilder(this);
  }

  /** Sets what is minimized on the forget set. */
  @CanIgnoreReturnValue
  public UnlearnerBuilder objective(Objective value) {
    requireNonNull(value, "objective");
    once("objective");
    objective = value;
    return this;
  }

  /** Sets which sequences are worked on together. */
  @CanIgnoreReturnValue
  public UnlearnerBuilder strategy(Strategy value) {
    requireNonNull(value, "strategy");
    once("strategy");
    strategy = value;
    return this;
  }

  /** Sets how the weights follow the gradient; its state is made anew for each run. */
  @CanIgnoreReturnValue
  public UnlearnerBuilder optimizer(Optimizer value) {
    requireNonNull(value, "optimizer");
    once("optimizer");
    optimizer = value;
    return this;
  }

  /**
   * Sets when to stop. One that does not say how many epochs a lot takes at most, by {@link
   * StoppingCriterion#epochLimit()}, is limited by {@link #maxEpochs}.
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder stopWhen(StoppingCriterion value) {
    requireNonNull(value, "stopWhen");
    once("stopWhen");
    stopWhen = value;
    return this;
  }

  /**
   * Sets text the model has never seen, of the same kind as what is to be forgotten. The model's
   * health is checked on it, cut to the context length at most; without {@link #stopWhen},
   * forgetting thresholds are measured on pieces of it that are as long as the forget set's
   * sequences. A run refuses text of which a sequence has the ids of one to be forgotten.
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder unseen(Corpus value) {
    requireNonNull(value, "unseen");
    once("unseen");
    unseen = value;
    return this;
  }

  /**
   * Sets text the model should keep, for objectives with a part on it. Text to keep is trained on:
   * it says nothing about what became of other text. A run refuses text of which a sequence has the
   * ids of one to be forgotten.
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder retain(Corpus value) {
    requireNonNull(value, "retain");
    once("retain");
    retain = value;
    return this;
  }

  /**
   * Sets how many sequences to retain go into every update, drawn in random order. All do if there
   * are not as many.
   *
   * @throws IllegalArgumentException if {@code count < 1}
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder retainPerUpdate(int count) {
    checkArgument(count > 0, "retainPerUpdate must be > 0, but was: %s", count);
    once("retainPerUpdate");
    retainPerUpdate = count;
    return this;
  }

  /**
   * Lets every update see the sequences to forget behind a random piece of the text to {@link
   * #retain}, of 0 to {@code maxContext} tokens, and without 0 to {@code maxSkip} of their first
   * tokens; criteria measure them as they are. Otherwise what is forgotten is only how to begin:
   * true tokens in front, which an extractor may know, bring much of the rest back.
   *
   * @throws IllegalArgumentException if a number is negative
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder randomContext(int maxContext, int maxSkip) {
    RandomContext value = new RandomContext(maxContext, maxSkip);
    once("randomContext");
    randomContext = value;
    return this;
  }

  /**
   * Sets what ends a run that harms the model; asked before the first update of a lot and after
   * every one, before {@link #stopWhen}.
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder guard(UtilityGuard value) {
    requireNonNull(value, "guard");
    once("guard");
    guard = value;
    return this;
  }

  /** Sets the seed of what updates draw: text to retain, and context. */
  @CanIgnoreReturnValue
  public UnlearnerBuilder seed(long value) {
    once("seed");
    seed = value;
    return this;
  }

  /**
   * Sets the order n of extraction likelihood for thresholds that are measured on unseen text.
   *
   * @throws IllegalArgumentException if {@code n < 1}
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder order(int n) {
    checkArgument(n > 0, "order must be > 0, but was: %s", n);
    once("order");
    order = n;
    return this;
  }

  /**
   * Sets after how many epochs of a lot the run gives up if nothing else ended it. {@value
   * #DEFAULT_MAX_EPOCHS} by default, or none beside a {@link #stopWhen} that has a limit of its
   * own.
   *
   * @throws IllegalArgumentException if {@code epochs < 1}
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder maxEpochs(int epochs) {
    checkArgument(epochs > 0, "maxEpochs must be > 0, but was: %s", epochs);
    once("maxEpochs");
    maxEpochs = epochs;
    return this;
  }

  /** Sets how much the model may lose on unseen text. */
  @CanIgnoreReturnValue
  public UnlearnerBuilder healthBound(HealthBound value) {
    requireNonNull(value, "healthBound");
    once("healthBound");
    healthBound = value;
    return this;
  }

  /** Sets what becomes of the weights when the run gives up or did harm. */
  @CanIgnoreReturnValue
  public UnlearnerBuilder onGiveUp(GiveUp value) {
    requireNonNull(value, "onGiveUp");
    once("onGiveUp");
    onGiveUp = value;
    return this;
  }

  /**
   * Sets how many padded tokens are computed at a time. The result is the same for any value; less
   * takes less memory and more time.
   *
   * @throws IllegalArgumentException if {@code tokens < 1}
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder microBatchTokens(int tokens) {
    checkArgument(tokens > 0, "microBatchTokens must be > 0, but was: %s", tokens);
    once("microBatchTokens");
    microBatchTokens = tokens;
    return this;
  }

  /**
   * Sets which gradient counts as exploded: one whose L2 norm over all parameters is larger ends
   * the run as diverged, before it changes the weights. Infinity leaves only what is not finite.
   *
   * @throws IllegalArgumentException if {@code norm} is not {@code > 0}
   */
  @CanIgnoreReturnValue
  public UnlearnerBuilder gradientLimit(double norm) {
    checkArgument(norm > 0, "gradientLimit must be > 0, but was: %s", norm);
    once("gradientLimit");
    gradientLimit = norm;
    return this;
  }

  /**
   * Returns the unlearner.
   *
   * @throws IllegalStateException if neither {@link #stopWhen} nor {@link #unseen} was given,
   *     {@link #order} was given beside {@link #stopWhen}, or {@link #healthBound} without {@link
   *     #unseen}; if the objective needs text to {@link #retain} and none was given, or the other
   *     way round; if {@link #retainPerUpdate}, or context by {@link #randomContext}, was asked for
   *     without such text
   */
  public Unlearner build() {
    checkState(
        stopWhen != null || unseen != null,
        "an unlearner needs to know when to stop; call stopWhen(StoppingCriterion) or"
            + " unseen(Corpus)");
    checkState(
        stopWhen == null || !given.contains("order"),
        "order is for thresholds measured on unseen text, but stopWhen is given; drop one of them");
    checkState(
        unseen != null || !given.contains("healthBound"),
        "healthBound needs unseen text; call unseen(Corpus) or drop it");
    checkState(
        retain != null || !objective.needs().contains(Need.RETAIN),
        "objective %s needs text to keep; call retain(Corpus)",
        objective.description());
    checkState(
        retain == null || objective.needs().contains(Need.RETAIN),
        "retain is for objectives with a part on it, but the objective is %s; add one by"
            + " withRetain(weight, RetainTerms...) or drop it",
        objective.description());
    checkState(
        retain != null || !given.contains("retainPerUpdate"),
        "retainPerUpdate needs text to keep; call retain(Corpus) or drop it");
    checkState(
        retain != null || randomContext.maxContext() == 0,
        "randomContext takes its context from text to keep; call retain(Corpus) or drop it");
    return new Unlearner(
        new Recipe(
            objective,
            strategy,
            optimizer,
            limited(stopWhen),
            unseen,
            retain,
            retainPerUpdate,
            randomContext,
            guard,
            order,
            maxEpochs,
            healthBound,
            onGiveUp,
            microBatchTokens,
            gradientLimit,
            seed),
        copy());
  }

  /** What may go on for ever ends, and a limit that was asked for holds. */
  private @Nullable StoppingCriterion limited(@Nullable StoppingCriterion criterion) {
    return criterion == null || (criterion.epochLimit().isPresent() && !given.contains("maxEpochs"))
        ? criterion
        : criterion.or(StoppingCriteria.maxEpochs(maxEpochs));
  }

  private void once(String option) {
    checkState(setHere.add(option), "%s was already set", option);
    given.add(option);
  }
}
