package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import java.util.List;

record MinKPlusPlus(double k, MinK.Form form) implements MembershipScore {
  private static final double OPEN_UNLEARNING_LEAST_VARIANCE = 1e-6;

  MinKPlusPlus {
    checkArgument(k > 0 && k <= 1, "k must be in (0, 1], but was: %s", k);
  }

  @Override
  public String key() {
    return "min_" + MinK.percent(k) + "_plus_plus" + form.keySuffix;
  }

  @Override
  public String title() {
    return "Min-" + MinK.percent(k) + " %++" + form.titleSuffix;
  }

  @Override
  public boolean needsMoments() {
    return true;
  }

  @Override
  public List<Double> scores(CausalLm model, List<TokenScores> scores) {
    return scores.stream()
        .map(of -> form.lowest(of.sequence(), k, position -> normalized(of, position)))
        .toList();
  }

  private double normalized(TokenScores scores, int position) {
    double above = scores.logProbability(position) - scores.meanLogProbability(position);
    double least = form == MinK.Form.OPEN_UNLEARNING ? OPEN_UNLEARNING_LEAST_VARIANCE : 0;
    double variance = Math.max(least, scores.logProbabilityVariance(position));
    return above == 0 ? 0 : above / Math.sqrt(variance);
  }
}
