package dev.unlearn.adapter;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.model.DjlCausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Builds LoRA adapters (Hu et al., arXiv 2106.09685): beside a frozen matrix W two small ones are
 * trained, {@code y = W x + b + (alpha / r) B A x}, with A of shape (r, inputs) and B of shape
 * (outputs, r). B is 0 at first, so that nothing changes; A is uniform in {@code ±1 / √inputs}.
 *
 * <ul>
 *   <li>{@link #rank}: {@value #DEFAULT_RANK}
 *   <li>{@link #alpha}: {@value #DEFAULT_ALPHA}
 *   <li>{@link #rankStabilized}: off
 *   <li>{@link #targets(List)}: the projections to queries and values; the fused one to queries,
 *       keys and values where that is how the model is built
 *   <li>{@link #seed}: 0
 * </ul>
 *
 * <p>These are PEFT's, but for Phi, where PEFT also adapts {@code fc1} and {@code fc2}. There is no
 * dropout.
 *
 * <pre>{@code
 * try (Adapter adapter = Adapters.lora().rank(16).alpha(32).attach(model)) {
 *   report = unlearner.forget(model, forgetSet);
 *   adapter.save(folder);
 * }
 * }</pre>
 *
 * <p>Setting an option twice is an error. A builder can attach to many models. Not thread-safe.
 */
public final class LoraBuilder {
  /** Default rank r. */
  public static final int DEFAULT_RANK = 8;

  /** Default alpha. */
  public static final double DEFAULT_ALPHA = 8;

  private static final List<String> DEFAULT_TARGETS =
      List.of("q_proj", "v_proj", "c_attn", "query_key_value");

  private final Set<String> given = new HashSet<>();
  private int rank = DEFAULT_RANK;
  private double alpha = DEFAULT_ALPHA;
  private boolean rankStabilized;
  private Targets targets = Targets.of(DEFAULT_TARGETS);
  private long seed;

  LoraBuilder() {}

  /**
   * Sets the rank r: how much an adapter can express, and how many parameters it has.
   *
   * @throws IllegalArgumentException if it is not {@code > 0}
   */
  @CanIgnoreReturnValue
  public LoraBuilder rank(int value) {
    checkArgument(value > 0, "rank must be > 0, but was: %s", value);
    once("rank");
    rank = value;
    return this;
  }

  /**
   * Sets alpha, the factor on what the adapter adds, before it is divided by the rank.
   *
   * @throws IllegalArgumentException if it is not finite and {@code > 0}
   */
  @CanIgnoreReturnValue
  public LoraBuilder alpha(double value) {
    checkArgument(
        value > 0 && Double.isFinite(value), "alpha must be finite and > 0, but was: %s", value);
    once("alpha");
    alpha = value;
    return this;
  }

  /**
   * Divides alpha by the root of the rank instead of the rank (rsLoRA, Kalajdzievski, arXiv
   * 2312.03732), which suits large ranks; PEFT's {@code use_rslora}.
   */
  @CanIgnoreReturnValue
  public LoraBuilder rankStabilized() {
    once("rankStabilized");
    rankStabilized = true;
    return this;
  }

  /**
   * Sets which linear layers are adapted: those whose whole path matches a regular expression. A
   * path is that of the module in Python's transformers, for instance {@code
   * transformer.h.0.attn.c_attn} or {@code model.layers.0.self_attn.q_proj}; a head that is not the
   * embedding is {@code lm_head}. All in the blocks: {@code ".*[0-9].*"}.
   *
   * @throws IllegalArgumentException if it is no regular expression
   */
  @CanIgnoreReturnValue
  public LoraBuilder targets(String pattern) {
    Targets value = Targets.of(pattern);
    once("targets");
    targets = value;
    return this;
  }

  /**
   * Sets which linear layers are adapted: those whose path is one of these names, or ends with one
   * after a dot, for instance {@code List.of("q_proj", "mlp.c_fc")}.
   *
   * @throws IllegalArgumentException if there are none
   */
  @CanIgnoreReturnValue
  public LoraBuilder targets(List<String> names) {
    Targets value = Targets.of(names);
    once("targets");
    targets = value;
    return this;
  }

  /** Sets the seed of A. */
  @CanIgnoreReturnValue
  public LoraBuilder seed(long value) {
    once("seed");
    seed = value;
    return this;
  }

  private void once(String option) {
    checkState(given.add(option), "%s was already set", option);
  }

  /**
   * Attaches a new adapter, which changes no result until it is trained.
   *
   * @param model loaded from a HuggingFace folder or made by {@code CausalLms.create}; the adapter
   *     is its own, to be closed before it
   * @throws IllegalArgumentException if the model is of another kind, or has no linear layer that
   *     is to be adapted
   * @throws IllegalStateException if the model has an adapter or a choice of weights
   */
  public Adapter attach(TrainableCausalLm model) {
    return Adapter.attach(
        DjlCausalLm.of(model),
        new LoraConfig(rank, alpha, rankStabilized, targets),
        new FirstValues(seed));
  }
}
