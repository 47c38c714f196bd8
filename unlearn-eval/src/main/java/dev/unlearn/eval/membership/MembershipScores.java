package dev.unlearn.eval.membership;

import dev.unlearn.spi.CausalLm;
import java.util.List;

/**
 * The built-in membership scores. Sums run over the n targets of a sequence, {@code l(t) = ln
 * p(x[t] | x[0:t])} in nats, and {@code loss = -mean of l(t)}. All are higher for what looks like a
 * member: peers that give losses have the opposite sign.
 */
public final class MembershipScores {
  private MembershipScores() {}

  /**
   * Returns the scores that an audit takes unless told otherwise: loss, zlib, Min-20 %, Min-40 %
   * and Min-20 %++.
   */
  public static List<MembershipScore> standard() {
    return List.of(loss(), zlib(), minK(0.2), minK(0.4), minKPlusPlus(0.2));
  }

  /** Returns {@code -loss} (Yeom et al., 2018, arXiv 1709.01604), key {@code "loss"}. */
  public static MembershipScore loss() {
    return new Loss();
  }

  /**
   * Returns {@code -loss / b}, b being the number of bytes that zlib compresses the text of the
   * whole sequence to (Carlini et al., 2021, arXiv 2012.07805), key {@code "zlib"}. It takes text
   * that is simple for everybody for less of a sign. The number of bytes may differ between builds
   * of zlib, so compare scores of one machine only.
   */
  public static MembershipScore zlib() {
    return new Zlib(false);
  }

  /**
   * Returns {@link #zlib()} as open-unlearning computes it, key {@code "zlib_open_unlearning"}:
   * only the text of the targets is compressed.
   */
  public static MembershipScore openUnlearningZlib() {
    return new Zlib(true);
  }

  /**
   * Returns Min-K %: the mean of the {@code max(1, floor(k n))} lowest {@code l(t)} (Shi et al.,
   * 2024, arXiv 2310.16789), key {@code "min_<100 k>"}. At least one token counts, so that short
   * sequences have a score.
   *
   * @param k share of the targets, in (0, 1]
   */
  public static MembershipScore minK(double k) {
    return new MinK(k, MinK.Form.STRICT);
  }

  /**
   * Returns {@link #minK} as open-unlearning computes it, key {@code "min_<100
   * k>_open_unlearning"}: the last target, which it takes for an end of sequence, does not count.
   */
  public static MembershipScore openUnlearningMinK(double k) {
    return new MinK(k, MinK.Form.OPEN_UNLEARNING);
  }

  /**
   * Returns {@link #minK} as MUSE computes it, key {@code "min_<100 k>_muse"}: undefined where
   * {@code floor(k n)} is 0.
   */
  public static MembershipScore museMinK(double k) {
    return new MinK(k, MinK.Form.MUSE);
  }

  /**
   * Returns Min-K %++: as {@link #minK} over {@code z(t) = (l(t) - mean) / deviation}, mean and
   * standard deviation being those of the log-probabilities of all tokens at t, weighted by their
   * probabilities (Zhang et al., 2025, arXiv 2404.02936), key {@code "min_<100 k>_plus_plus"}. A
   * token whose log-probability is the mean has z = 0, whatever the deviation. Needs a model that
   * gives moments.
   *
   * @param k share of the targets, in (0, 1]
   */
  public static MembershipScore minKPlusPlus(double k) {
    return new MinKPlusPlus(k, MinK.Form.STRICT);
  }

  /**
   * Returns {@link #minKPlusPlus} as open-unlearning computes it, key {@code "min_<100
   * k>_plus_plus_open_unlearning"}: the last target does not count, and variances below 1e-6 are
   * taken for 1e-6.
   */
  public static MembershipScore openUnlearningMinKPlusPlus(double k) {
    return new MinKPlusPlus(k, MinK.Form.OPEN_UNLEARNING);
  }

  /**
   * Returns {@code loss of a reference model - loss} (Carlini et al., 2021, arXiv 2012.07805), key
   * {@code "reference_<name>"}. The reference must have the same tokenizer and no more of the
   * members in its training data than of the non-members.
   *
   * @param name of the reference for reports
   */
  public static MembershipScore reference(CausalLm reference, String name) {
    return new Reference(reference, name);
  }

  /**
   * Returns {@code -loss / loss of the same text in lower case} (Carlini et al., 2021, arXiv
   * 2012.07805), key {@code "lower_case"}. Prompt and targets are turned to lower case and encoded
   * one by one. Undefined where the result exceeds the context.
   */
  public static MembershipScore lowerCase() {
    return new LowerCase();
  }
}
