package dev.unlearn.examples;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Interval;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.Attack;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.extraction.Overlap;
import dev.unlearn.eval.extraction.PrefixProbes;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.spi.CausalLm;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/**
 * Asks again for what was forgotten: for the rest, after some true tokens, and from later on. A
 * model that has only unlearned to begin goes on then.
 */
final class Probes {
  private static final int[] TOKENS = {1, 2, 4, 8};

  private final List<AttackResult> results;

  private Probes(List<AttackResult> results) {
    this.results = results;
  }

  static Probes of(CausalLm model, List<TokenSequence> forgotten, List<TokenSequence> unseen) {
    AttackContext context = AttackContext.of(model, ForgetSet.of(forgotten), unseen);
    List<Attack> attacks =
        List.of(
            PrefixProbes.afterTrueTokens(Overlap.longestCommonSubsequence(), TOKENS),
            PrefixProbes.laterStarts(Overlap.longestCommonSubsequence(), TOKENS));
    return new Probes(attacks.stream().map(attack -> attack.run(context)).toList());
  }

  /** Prints how much of what is true comes, and by how much it is more than of unseen text. */
  void print(PrintStream out) {
    for (AttackResult result : results) {
      out.printf(
          Locale.ROOT, "%-27s  %9s  %6s  %s%n", result.title(), "forgotten", "unseen", "excess");
      for (AttackPoint point : result.points()) {
        out.printf(
            Locale.ROOT,
            "  %-25s  %9.3f  %6.3f  %s%n",
            point.setting(),
            point.forgotten().value(),
            point.unseen().orElseThrow().value(),
            withInterval(point.excess().orElseThrow()));
      }
      out.println("  " + inWords(result));
    }
  }

  private static String withInterval(Estimate excess) {
    Interval interval = excess.interval().orElseThrow();
    return String.format(
        Locale.ROOT, "%6.3f [%.3f, %.3f]", excess.value(), interval.low(), interval.high());
  }

  private static String inWords(AttackResult result) {
    return switch (result.recovery()) {
      case COMES_BACK -> "it comes back";
      case NOT_SEEN -> "it does not come back";
      case UNDECIDED -> "nothing is found; so few records cannot rule it out";
    };
  }
}
