package dev.unlearn.eval;

import static com.google.common.base.Preconditions.checkArgument;
import static java.util.Objects.requireNonNull;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.Units;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IntSummaryStatistics;
import java.util.List;

/** Prepares text a model has never seen, so that it can be measured like a forget set. */
public final class UnseenText {
  private UnseenText() {}

  /**
   * Returns pieces of unseen text that have the lengths and prompt lengths of a forget set.
   *
   * <p>Both metrics depend on length, so thresholds are fair only if unseen text is as long as what
   * is to be forgotten. From the start of each unseen sequence on, disjoint pieces are cut, each as
   * long as the first sequence of the set that has no counterpart yet and fits into what is left;
   * the rest is dropped. Once every sequence of the set has its counterpart, a new round begins.
   * The longest and the shortest sequence of the set come first in a round, so that both have a
   * counterpart wherever the text allows it, the others in the set's order. A length that no text
   * is left for stays open and ends the rounds, so short pieces cannot crowd out long ones by more
   * than a round. The result depends on the arguments only; prompt lengths and domains of the
   * unseen sequences do not count. A piece has the name of the sequence it was cut from, or {@code
   * "#index"}: pieces of one name are of one text.
   *
   * @throws IllegalArgumentException if there is no unseen sequence, or the text does not suffice
   *     for both the longest and the shortest sequence of the set
   */
  public static List<TokenSequence> cutLike(List<TokenSequence> unseen, ForgetSet set) {
    requireNonNull(set, "set");
    checkArgument(
        !requireNonNull(unseen, "unseen").isEmpty(),
        "unseen text must hold at least one sequence, but was empty");
    IntSummaryStatistics wanted = lengths(set.sequences());
    int longest = lengths(unseen).getMax();
    checkArgument(
        longest >= wanted.getMax(),
        "the longest unseen sequence (%s tokens) must be at least as long as the longest sequence"
            + " of the forget set (%s tokens)",
        longest,
        wanted.getMax());

    List<TokenSequence> round = round(set);
    List<TokenSequence> open = new ArrayList<>(round);
    List<TokenSequence> pieces = new ArrayList<>();
    List<String> names = Units.byName(unseen);
    for (int i = 0; i < unseen.size(); i++) {
      TokenSequence text = unseen.get(i);
      int start = 0;
      int fitting = firstFitting(open, text.length());
      while (fitting >= 0) {
        TokenSequence counterpart = open.remove(fitting);
        int end = start + counterpart.length();
        pieces.add(
            TokenSequence.of(text.ids(start, end))
                .withPromptLength(counterpart.promptLength())
                .withName(names.get(i)));
        start = end;
        if (open.isEmpty()) {
          open.addAll(round);
        }
        fitting = firstFitting(open, text.length() - start);
      }
    }
    checkArgument(
        lengths(pieces).getMin() == wanted.getMin(),
        "unseen text must suffice for both the longest (%s tokens) and the shortest (%s tokens)"
            + " sequence of the forget set, but ends before the shortest",
        wanted.getMax(),
        wanted.getMin());
    return List.copyOf(pieces);
  }

  static IntSummaryStatistics lengths(List<TokenSequence> sequences) {
    return sequences.stream().mapToInt(TokenSequence::length).summaryStatistics();
  }

  private static List<TokenSequence> round(ForgetSet set) {
    List<TokenSequence> round = new ArrayList<>(set.sequences());
    Comparator<TokenSequence> byLength = Comparator.comparingInt(TokenSequence::length);
    TokenSequence shortest = round.stream().min(byLength).orElseThrow();
    TokenSequence longest = round.stream().max(byLength).orElseThrow();
    round.remove(shortest);
    round.add(0, shortest);
    round.remove(longest);
    round.add(0, longest);
    return round;
  }

  private static int firstFitting(List<TokenSequence> open, int tokens) {
    for (int index = 0; index < open.size(); index++) {
      if (open.get(index).length() <= tokens) {
        return index;
      }
    }
    return -1;
  }
}
