package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.TokenScores;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

record MinK(double k, Form form) implements MembershipScore {

  /** What the peers do at the edges. */
  enum Form {
    STRICT("", ""),
    OPEN_UNLEARNING("_open_unlearning", " (open-unlearning)"),
    MUSE("_muse", " (MUSE)");

    final String keySuffix;
    final String titleSuffix;

    Form(String keySuffix, String titleSuffix) {
      this.keySuffix = keySuffix;
      this.titleSuffix = titleSuffix;
    }

    /** Returns the mean of the lowest values at the targets. */
    double lowest(TokenSequence sequence, double k, IntToDoubleFunction valueAt) {
      int end = this == OPEN_UNLEARNING ? sequence.length() - 1 : sequence.length();
      int count = Math.max(0, end - sequence.firstTarget());
      int counted = (int) (count * k);
      return IntStream.range(sequence.firstTarget(), end)
          .mapToDouble(valueAt)
          .sorted()
          .limit(this == MUSE ? counted : Math.max(1, counted))
          .average()
          .orElse(Double.NaN);
    }
  }

  MinK {
    checkArgument(k > 0 && k <= 1, "k must be in (0, 1], but was: %s", k);
  }

  @Override
  public String key() {
    return "min_" + percent(k) + form.keySuffix;
  }

  @Override
  public String title() {
    return "Min-" + percent(k) + " %" + form.titleSuffix;
  }

  /** Returns a share as a number of percents, without digits that say nothing. */
  static String percent(double share) {
    double percent = Math.round(share * 1e8) / 1e6;
    return percent == Math.rint(percent) ? Long.toString((long) percent) : Double.toString(percent);
  }

  @Override
  public List<Double> scores(CausalLm model, List<TokenScores> scores) {
    return scores.stream().map(of -> form.lowest(of.sequence(), k, of::logProbability)).toList();
  }
}
