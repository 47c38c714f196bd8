package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Refuses non-members that differ from members in what has nothing to do with membership. */
final class Matching {
  private Matching() {}

  static void check(List<TokenSequence> members, List<TokenSequence> nonMembers) {
    checkArgument(!nonMembers.isEmpty(), "there must be at least one non-member, but was none");
    checkTargets(nonMembers);
    checkDisjoint(members, nonMembers);
    checkAlike("length", TokenSequence::length, members, nonMembers);
    checkAlike("prompt length", TokenSequence::promptLength, members, nonMembers);
    checkAlike("number of targets", TokenSequence::targetCount, members, nonMembers);
  }

  private static void checkTargets(List<TokenSequence> nonMembers) {
    for (int i = 0; i < nonMembers.size(); i++) {
      checkArgument(
          nonMembers.get(i).targetCount() > 0,
          "non-member %s has no target: its length (%s) must be > 1",
          i,
          nonMembers.get(i).length());
    }
  }

  private static void checkDisjoint(List<TokenSequence> members, List<TokenSequence> nonMembers) {
    Map<List<Integer>, Integer> indices = new HashMap<>();
    for (int i = 0; i < members.size(); i++) {
      indices.putIfAbsent(Ints.asList(members.get(i).ids()), i);
    }
    for (int i = 0; i < nonMembers.size(); i++) {
      Integer member = indices.get(Ints.asList(nonMembers.get(i).ids()));
      checkArgument(
          member == null,
          "non-members must be unseen, but non-member %s has the same ids as member %s",
          i,
          member);
    }
  }

  private static void checkAlike(
      String what,
      ToIntFunction<TokenSequence> value,
      List<TokenSequence> members,
      List<TokenSequence> nonMembers) {
    double distance =
        distance(
            members.stream().mapToInt(value).toArray(),
            nonMembers.stream().mapToInt(value).toArray());
    checkArgument(
        distance <= MembershipAudit.MAX_LENGTH_DISTANCE,
        "members and non-members must be alike in %s, to a Kolmogorov-Smirnov distance of %s, but"
            + " it was: %s; cut unseen text by MembershipAudit.nonMembersLike",
        what,
        MembershipAudit.MAX_LENGTH_DISTANCE,
        distance);
  }

  /** Returns the largest difference of two empirical distribution functions, in [0, 1]. */
  static double distance(int[] ones, int[] others) {
    return IntStream.concat(IntStream.of(ones), IntStream.of(others))
        .distinct()
        .mapToDouble(value -> Math.abs(shareUpTo(ones, value) - shareUpTo(others, value)))
        .max()
        .orElse(0);
  }

  private static double shareUpTo(int[] values, int value) {
    return (double) IntStream.of(values).filter(v -> v <= value).count() / values.length;
  }
}
