package dev.unlearn.eval.tofu;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.KolmogorovSmirnov;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Forget quality: the p-value of a {@link KolmogorovSmirnov} test of the truth ratios on the forget
 * set against those of a model retrained without it.
 *
 * <p>Source: Maini et al., TOFU, 2024, arXiv 2401.06121. The number is the same for R and 1 / R. A
 * small p shows that the two models differ. A large one shows nothing by itself: it may mean that
 * there were too few questions. So D and all numbers are given with it, and the number of authors:
 * questions about one author are alike, which makes p too small, for the test takes them for
 * independent.
 *
 * @param test of the truth ratios
 * @param unitCount how many authors the questions are about
 */
public record ForgetQuality(KolmogorovSmirnov test, int unitCount) {

  /**
   * Compares a model with a retrained one.
   *
   * @param form with which the ratios are made
   * @throws IllegalArgumentException if scores are not of the forget set, there are fewer than two
   *     questions, or a question has no truth ratio
   */
  public static ForgetQuality of(TofuScores model, TofuScores retrained, TruthRatio form) {
    return new ForgetQuality(
        KolmogorovSmirnov.of(ratios(model, form), ratios(retrained, form)),
        (int) model.units().stream().distinct().count());
  }

  private static List<Double> ratios(TofuScores scores, TruthRatio form) {
    checkArgument(
        scores.set() == TofuSet.FORGET,
        "forget quality must be of the forget set, but was of the %s",
        scores.set().title());
    return scores.losses().stream().map(form::log).toList();
  }

  /** Returns the p-value, in [0, 1]. */
  public double value() {
    return test.pValue();
  }

  /**
   * Returns this as a row of an audit.
   *
   * @param before of the model as it was, against the same retrained one; empty if it was not
   *     measured
   */
  public Measurement measurement(Optional<ForgetQuality> before) {
    return Measurement.builder()
        .side(Side.PRIVACY)
        .key("tofu_forget_quality")
        .title("Forget quality")
        .data("TOFU " + TofuSet.FORGET.title())
        .better(Better.HIGHER)
        .before(before.map(ForgetQuality::estimate))
        .after(estimate())
        .addNote(note())
        .build();
  }

  private Estimate estimate() {
    return Estimate.of(value(), unitCount, "a p-value has no interval");
  }

  /** Returns what must be known beside the p-value, in whole sentences. */
  public String note() {
    String numbers =
        String.format(
            Locale.ROOT,
            "Kolmogorov-Smirnov test of the truth ratios against a model retrained without the"
                + " forget set: D = %.4f of %d and %d questions, %s p = %.4g.",
            test.statistic(),
            test.firstCount(),
            test.secondCount(),
            test.exact() ? "exact" : "asymptotic",
            test.pValue());
    String clusters =
        unitCount == test.firstCount()
            ? ""
            : String.format(
                Locale.ROOT,
                " The questions are about %d authors; those about one author are alike, and the"
                    + " test does not know it, so p is too small.",
                unitCount);
    return numbers + clusters + " A large p may mean no more than too few questions.";
  }
}
