package dev.unlearn.model;

import com.google.common.primitives.ImmutableIntArray;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.decoder.BranchedRows;
import dev.unlearn.spi.ScoreDetail;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A row to score: one sequence, or several with the same prompt, which is there once. Last tokens
 * are left out, as they predict nothing, so that a choice of one token takes no column.
 *
 * @param sequences indices of the sequences
 * @param parts ids: the one sequence's, or the prompt's and what each sequence has behind it
 */
record ScoringRow(List<Integer> sequences, List<int[]> parts) {
  /** The most columns of a row with branches; who can see whom is an array of their square. */
  private static final int MAX_LENGTH = MicroBatches.DEFAULT_TOKENS;

  /**
   * Branches of one row may have as many tokens as the prompt, or this many: a token's attention is
   * computed for all columns of its row, also for those of other branches.
   */
  private static final int BRANCH_TOKENS = 256;

  /**
   * Returns rows for sequences; nothing is to be read in the row of one that has one token.
   *
   * @param shared whether a prompt may be there once for several sequences
   */
  static List<ScoringRow> of(List<TokenSequence> sequences, ScoreDetail detail, boolean shared) {
    Map<ImmutableIntArray, List<Integer>> byPrompt = new LinkedHashMap<>();
    List<ScoringRow> rows = new ArrayList<>();
    for (int index = 0; index < sequences.size(); index++) {
      TokenSequence sequence = sequences.get(index);
      int prompt = sequence.promptLength();
      if (shared && !detail.coversPrompt() && prompt > 0) {
        byPrompt
            .computeIfAbsent(
                ImmutableIntArray.copyOf(sequence.ids(0, prompt)), unused -> new ArrayList<>())
            .add(index);
      } else {
        rows.add(alone(sequences, index));
      }
    }
    byPrompt.values().forEach(group -> addRows(sequences, group, rows));
    return rows;
  }

  private static void addRows(
      List<TokenSequence> sequences, List<Integer> group, List<ScoringRow> rows) {
    int prompt = sequences.get(group.get(0)).promptLength();
    int most = Math.min(MAX_LENGTH - prompt, Math.max(BRANCH_TOKENS, prompt));
    int begin = 0;
    while (begin < group.size()) {
      int end = begin;
      int columns = 0;
      do {
        columns += sequences.get(group.get(end)).length() - 1 - prompt;
        end++;
      } while (end < group.size()
          && columns + sequences.get(group.get(end)).length() - 1 - prompt <= most);
      rows.add(together(sequences, group.subList(begin, end)));
      begin = end;
    }
  }

  private static ScoringRow together(List<TokenSequence> sequences, List<Integer> group) {
    TokenSequence first = sequences.get(group.get(0));
    if (group.size() == 1) {
      return alone(sequences, group.get(0));
    }
    int prompt = first.promptLength();
    Stream<int[]> branches =
        group.stream().map(sequences::get).map(s -> s.ids(prompt, s.length() - 1));
    return new ScoringRow(
        List.copyOf(group), Stream.concat(Stream.of(first.ids(0, prompt)), branches).toList());
  }

  private static ScoringRow alone(List<TokenSequence> sequences, int index) {
    TokenSequence sequence = sequences.get(index);
    return new ScoringRow(List.of(index), List.of(sequence.ids(0, sequence.length() - 1)));
  }

  /** Returns the columns it takes. */
  int length() {
    return BranchedRows.length(parts);
  }

  /** Returns whether not all of it is one text. */
  boolean isBranched() {
    return length() > parts.get(0).length;
  }

  /** Returns the column whose hidden state predicts a position of one of the sequences. */
  int column(int sequence, int position) {
    int before = position - 1;
    if (before < parts.get(0).length) {
      return before;
    }
    return before + parts.subList(1, sequence + 1).stream().mapToInt(part -> part.length).sum();
  }
}
