package dev.unlearn.eval.membership;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Sequences that a model has certainly never been trained on, like the members in all else: drawn
 * from the same source and time, cut alike. {@code toString} shows sizes only.
 */
public final class NonMembers {
  private final List<TokenSequence> sequences;
  private final List<String> units;

  private NonMembers(List<TokenSequence> sequences, List<String> units) {
    this.sequences = List.copyOf(sequences);
    this.units = List.copyOf(units);
  }

  /** Returns sequences of which each is a document of its own. */
  public static NonMembers of(List<TokenSequence> sequences) {
    return of(sequences, Sample.each(Collections.nCopies(sequences.size(), 0.0)));
  }

  /**
   * Returns sequences and the name of the unit (document, author) that each is of.
   *
   * @throws IllegalArgumentException if there is no sequence, or not as many units
   */
  public static NonMembers of(List<TokenSequence> sequences, List<String> units) {
    checkArgument(!sequences.isEmpty(), "there must be at least one non-member, but was none");
    checkArgument(
        units.size() == sequences.size(),
        "there must be a unit for each of %s non-members, but there were %s",
        sequences.size(),
        units.size());
    return new NonMembers(sequences, units);
  }

  /**
   * Returns disjoint pieces of unseen texts with the very lengths and prompt lengths of the members,
   * as many times each as the texts suffice for. Pieces are cut from the start of each text on, the
   * longest that fits and has no counterpart yet first; the rest of a text is dropped. The pieces of
   * one text are one unit.
   *
   * @throws IllegalArgumentException if the texts do not suffice for every member once
   */
  public static NonMembers cutLike(ForgetSet members, List<TokenSequence> unseen) {
    List<TokenSequence> open = new ArrayList<>();
    List<TokenSequence> pieces = new ArrayList<>();
    List<String> units = new ArrayList<>();
    for (int text = 0; text < unseen.size(); text++) {
      int start = 0;
      while (true) {
        if (open.isEmpty()) {
          open.addAll(members.sequences());
          open.sort(Comparator.comparingInt(TokenSequence::length).reversed());
        }
        int left = unseen.get(text).length() - start;
        int fitting = 0;
        while (fitting < open.size() && open.get(fitting).length() > left) {
          fitting++;
        }
        if (fitting == open.size()) {
          break;
        }
        TokenSequence counterpart = open.remove(fitting);
        int end = start + counterpart.length();
        pieces.add(
            TokenSequence.of(unseen.get(text).ids(start, end))
                .withPromptLength(counterpart.promptLength()));
        units.add("text " + text);
        start = end;
      }
    }
    int whole = pieces.size() / members.size() * members.size();
    checkArgument(
        whole > 0,
        "unseen texts must suffice for a counterpart to each of %s members, but sufficed for: %s",
        members.size(),
        pieces.size());
    return of(pieces.subList(0, whole), units.subList(0, whole));
  }

  /** Returns the sequences. */
  public List<TokenSequence> sequences() {
    return sequences;
  }

  /** Returns the name of the unit of each. */
  public List<String> units() {
    return units;
  }

  @Override
  public String toString() {
    return "NonMembers[sequences=" + sequences.size() + "]";
  }
}
