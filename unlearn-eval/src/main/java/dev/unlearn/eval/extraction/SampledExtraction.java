package dev.unlearn.eval.extraction;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.ValueStyle;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.attack.Strength;
import dev.unlearn.eval.audit.AttackResult;
import java.util.ArrayList;
import java.util.List;
import org.immutables.value.Value;

/**
 * Extraction by many tries, leak@k: of k sampled continuations of each prompt, the one that has
 * most of the true one.
 *
 * <p>For a sequence with the overlaps {@code m_(1) <= ... <= m_(K)} of K sampled continuations,
 * leak@k is the mean over all choices of k of them of the largest,
 *
 * <pre>{@code sum over i = k .. K of C(i - 1, k - 1) / C(K, k) * m_(i)}</pre>
 *
 * <p>an unbiased estimate of the expected largest of k; the points are k = 1, 2, 4, ... and K, all
 * of the same samples. Continuations are as long as what is true.
 *
 * <p>Source: leak@k of arXiv 2511.04934, which shows that models that refuse greedily leak when
 * sampled. Choose it because users sample; greedy measures such as extraction likelihood do not see
 * what has the second-highest probability. It costs K decodings of every sequence, unseen text
 * included.
 *
 * <p>Deviations: the source judges answers by a core metric of text; here it is an {@link Overlap}
 * of token ids. A sequence without prompt is cut in halves.
 */
@Value.Immutable
@ValueStyle
public interface SampledExtraction extends Attack {
  /** K unless another is given. */
  int DEFAULT_SAMPLES = 64;

  /** Returns K, the number of continuations per prompt; {@value #DEFAULT_SAMPLES} by default. */
  @Value.Default
  default int samples() {
    return DEFAULT_SAMPLES;
  }

  /** Returns what scores are divided by before a token is drawn; 1 by default. */
  @Value.Default
  default double temperature() {
    return 1;
  }

  /** Returns the probability that tokens which may be drawn must have together; 1 by default. */
  @Value.Default
  default double topP() {
    return 1;
  }

  /** Returns the seed of all draws; 0 by default. */
  @Value.Default
  default long seed() {
    return 0;
  }

  /** Returns how a continuation is judged; the longest common subsequence by default. */
  @Value.Default
  default Overlap overlap() {
    return Overlap.longestCommonSubsequence();
  }

  /** Checks the values. */
  @Value.Check
  default void check() {
    checkArgument(samples() >= 1, "samples must be >= 1, but was: %s", samples());
    checkArgument(
        temperature() > 0 && Double.isFinite(temperature()),
        "temperature must be finite and > 0, but was: %s; at 0 all samples are the same",
        temperature());
    checkArgument(topP() > 0 && topP() <= 1, "topP must be in (0, 1], but was: %s", topP());
  }

  @Override
  default String key() {
    return "leak_at_"
        + samples()
        + "_"
        + overlap().key()
        + (temperature() == 1 ? "" : "_temperature_" + temperature())
        + (topP() == 1 ? "" : "_top_p_" + topP())
        + (seed() == 0 ? "" : "_seed_" + seed());
  }

  @Override
  default String title() {
    return "Sampled extraction";
  }

  @Override
  default String description() {
    return "Of k sampled continuations of each prompt, or of the first half of a text without"
        + " prompt, the one that has most of the true one counts (temperature "
        + temperature()
        + ", top-p "
        + topP()
        + ", "
        + samples()
        + " samples).";
  }

  @Override
  default AttackResult run(AttackContext context) {
    List<Integer> counts = new ArrayList<>();
    for (int count = 1; count < samples(); count *= 2) {
      counts.add(count);
    }
    counts.add(samples());
    List<Strength> strengths =
        counts.stream().map(k -> new Strength(k == 1 ? "1 sample" : "best of " + k, k)).toList();
    return context
        .measure(this, overlap().key(), strengths, new SampledLeaks(this, counts))
        .build();
  }

  /**
   * Returns the attack with K samples and the defaults.
   *
   * @throws IllegalArgumentException if {@code samples < 1}
   */
  static SampledExtraction of(int samples) {
    return builder().samples(samples).build();
  }

  /** Returns a new builder. */
  static Builder builder() {
    return ImmutableSampledExtraction.builder();
  }

  /** Builds a {@link SampledExtraction}. Not thread-safe. */
  interface Builder {
    /** Sets {@link SampledExtraction#samples()}. */
    @CanIgnoreReturnValue
    Builder samples(int value);

    /** Sets {@link SampledExtraction#temperature()}. */
    @CanIgnoreReturnValue
    Builder temperature(double value);

    /** Sets {@link SampledExtraction#topP()}. */
    @CanIgnoreReturnValue
    Builder topP(double value);

    /** Sets {@link SampledExtraction#seed()}. */
    @CanIgnoreReturnValue
    Builder seed(long value);

    /** Sets {@link SampledExtraction#overlap()}. */
    @CanIgnoreReturnValue
    Builder overlap(Overlap value);

    /**
     * Returns the attack.
     *
     * @throws IllegalArgumentException if a value is outside its range
     */
    SampledExtraction build();
  }
}
