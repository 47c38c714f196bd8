package dev.unlearn.attack;

import dev.unlearn.eval.attack.Attack;
import dev.unlearn.spi.Metric;
import java.util.List;

/**
 * The attacks that change weights for a while. They need a {@link
 * dev.unlearn.spi.train.TrainableCausalLm} that nobody else uses meanwhile, also as the original
 * model where one is given, and memory for one copy of its weights.
 */
public final class Attacks {
  /** The bits that weights are rounded to, unless others are given. */
  public static final List<Integer> DEFAULT_BITS = List.of(8, 4);

  private Attacks() {}

  /** Returns {@link #relearning(RelearningOptions)} with the defaults. */
  public static Attack relearning() {
    return relearning(RelearningOptions.defaults());
  }

  /**
   * Returns relearning: the model is fine-tuned for a few steps, and what it was not fine-tuned on
   * is measured. What was only suppressed comes back by a few steps on something related; what is
   * gone has to be learned anew.
   *
   * <p>A part of what was forgotten, drawn by the seed, is trained on, and the metric is measured
   * on the other part only, so that nothing counts that was just learned by heart. Documents or
   * authors are never on both sides. The same is done with unseen text, from the same weights: as
   * many of its sequences are trained on, the others are measured; if there are not as many, all
   * but one text are, and a note says so. With {@link RelearningOptions#neighbors()} these are
   * trained on instead, and all of what was forgotten and of unseen text is measured.
   *
   * <p>A step is one update over all that is trained on. The values of sequences that were trained
   * on are NaN. Of a model with an adapter, or a choice of weights, that is fine-tuned and nothing
   * else.
   *
   * <p>Source: relearning attacks, arXiv 2406.13356 and 2409.18025. Choose the learning rate of
   * those that you defend against: by default it is {@link
   * dev.unlearn.optimizer.Optimizers#DEFAULT_LEARNING_RATE}, Adam's, by which {@link
   * dev.unlearn.Unlearner} unlearns, so that the attacker's steps are as long as the defender's.
   * With many steps at a high rate any model learns any text's style, which the excess over unseen
   * text takes out.
   */
  public static Attack relearning(RelearningOptions options) {
    return new Relearning(options);
  }

  /** Returns {@link #quantization(Metric, Granularity, List)} of 8 and 4 bits. */
  public static Attack quantization(Metric metric, Granularity granularity) {
    return quantization(metric, granularity, DEFAULT_BITS);
  }

  /**
   * Returns the round trip through integers: every weight matrix w is rounded to a few bits and
   * back, {@code Δ clamp(round(w / Δ), -q, q)} with {@code q = 2^(bits - 1) - 1} and {@code Δ = max
   * |w| / q} over each part that shares a scale, ties to even. Norms and biases stay.
   *
   * <p>Where unlearning moved weights by less than they are rounded by, the rounded model is the
   * rounded original, which knows everything (arXiv 2410.16454). If the original model is in the
   * context, the notes say which share of the changes that is.
   *
   * <p>This is rounding to nearest (RTN); GPTQ and AWQ choose other numbers, by data. Deviation:
   * the source's step is {@code max |w| / 2^(bits - 1)}, by which the largest weight is one step
   * out of range.
   *
   * <p>Computing stays float32: this is what weight-only quantization does to the weights, without
   * that of activations.
   *
   * @param metric values in [0, 1], higher if known better
   * @param bits of each point, each in [2, 16], decreasing
   * @throws IllegalArgumentException if the metric's higher values are not better, there are no
   *     bits, they do not decrease, or some are outside their range; when it runs, if the model has
   *     an adapter or trains some of its weights only
   */
  public static Attack quantization(Metric metric, Granularity granularity, List<Integer> bits) {
    return new QuantizationRoundTrip(metric, granularity, List.copyOf(bits));
  }
}
