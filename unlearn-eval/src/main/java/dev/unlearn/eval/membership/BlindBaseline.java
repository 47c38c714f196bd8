package dev.unlearn.eval.membership;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.RocCurve;
import dev.unlearn.eval.stat.Units;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A classifier that tells members from non-members by their text alone and never looks at the
 * model: naive Bayes over the tokens of a sequence, with add-one smoothing, cross-validated by
 * unit. What it can tell is a difference of the sets, not a memory of the model.
 */
final class BlindBaseline {
  private static final int FOLDS = 10;

  private BlindBaseline() {}

  /** Returns the curve of log-odds per token; empty if a kind has fewer than two units. */
  static Optional<RocCurve> curve(List<TokenSequence> members, List<TokenSequence> nonMembers) {
    List<String> memberUnits = Units.byName(members);
    List<String> nonMemberUnits = Units.byName(nonMembers);
    int[] memberRanks = ranks(memberUnits);
    int[] nonMemberRanks = ranks(nonMemberUnits);
    int units = Math.min(count(memberRanks), count(nonMemberRanks));
    if (units < 2) {
      return Optional.empty();
    }
    int folds = Math.min(FOLDS, units);
    Double[] ones = new Double[members.size()];
    Double[] others = new Double[nonMembers.size()];
    for (int fold = 0; fold < folds; fold++) {
      Bag of = new Bag();
      Bag against = new Bag();
      fill(of, members, memberRanks, folds, fold);
      fill(against, nonMembers, nonMemberRanks, folds, fold);
      judge(ones, members, memberRanks, folds, fold, of, against);
      judge(others, nonMembers, nonMemberRanks, folds, fold, of, against);
    }
    return Optional.of(
        RocCurve.of(Arrays.asList(ones), memberUnits, Arrays.asList(others), nonMemberUnits));
  }

  /** Learns from all sequences outside the fold. */
  private static void fill(
      Bag bag, List<TokenSequence> sequences, int[] ranks, int folds, int fold) {
    for (int i = 0; i < sequences.size(); i++) {
      if (ranks[i] % folds != fold) {
        bag.add(sequences.get(i));
      }
    }
  }

  private static void judge(
      Double[] odds,
      List<TokenSequence> sequences,
      int[] ranks,
      int folds,
      int fold,
      Bag of,
      Bag against) {
    for (int i = 0; i < odds.length; i++) {
      if (ranks[i] % folds == fold) {
        odds[i] = logOdds(sequences.get(i), of, against);
      }
    }
  }

  private static double logOdds(TokenSequence sequence, Bag of, Bag against) {
    double kinds = of.counts.size() + against.counts.size() + 1; // more than there are, for both
    double sum = 0;
    for (int id : sequence.ids()) {
      sum += of.logShare(id, kinds) - against.logShare(id, kinds);
    }
    return sum / sequence.length();
  }

  /** Returns the number of each item's unit, in order of appearance. */
  private static int[] ranks(List<String> units) {
    Map<String, Integer> ranks = new LinkedHashMap<>();
    List<Integer> result = new ArrayList<>();
    for (String unit : units) {
      ranks.putIfAbsent(unit, ranks.size());
      result.add(ranks.get(unit));
    }
    return result.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int count(int[] ranks) {
    return (int) Arrays.stream(ranks).distinct().count();
  }

  private static final class Bag {
    final Map<Integer, Integer> counts = new HashMap<>();
    long total;

    void add(TokenSequence sequence) {
      for (int id : sequence.ids()) {
        counts.merge(id, 1, Integer::sum);
        total++;
      }
    }

    double logShare(int id, double kinds) {
      return Math.log((counts.getOrDefault(id, 0) + 1) / (total + kinds));
    }
  }
}
