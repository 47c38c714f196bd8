package dev.unlearn.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What hidden states of a batch are to predict. Where several sequences go on from one prompt, one
 * state predicts a token of each.
 */
final class Predictions {
  private final List<Prediction> all;

  /** For each prediction the number of its place among those that predict anything. */
  private final int[] numbers;

  private record Prediction(int place, ScoringSheet sheet, int position) {}

  private Predictions(List<Prediction> all, int[] numbers) {
    this.all = all;
    this.numbers = numbers;
  }

  /**
   * Finds what is to be predicted.
   *
   * @param length columns of the batch
   * @param sheets of all sequences that rows may name
   */
  static Predictions of(List<ScoringRow> rows, int length, List<ScoringSheet> sheets) {
    List<Prediction> all = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      List<Integer> sequences = rows.get(row).sequences();
      for (int i = 0; i < sequences.size(); i++) {
        ScoringSheet sheet = sheets.get(sequences.get(i));
        for (int position = sheet.first(); position < sheet.sequence().length(); position++) {
          int column = rows.get(row).column(i, position);
          all.add(new Prediction(row * length + column, sheet, position));
        }
      }
    }
    all.sort(Comparator.comparingInt(Prediction::place));
    int[] numbers = new int[all.size()];
    for (int i = 1; i < numbers.length; i++) {
      numbers[i] = numbers[i - 1] + (all.get(i).place == all.get(i - 1).place ? 0 : 1);
    }
    return new Predictions(all, numbers);
  }

  /** Returns the places that predict anything, rows of the flattened batch, in order. */
  long[] places() {
    return all.stream().mapToLong(Prediction::place).distinct().toArray();
  }

  /** Returns those of the places numbered [{@code begin}, {@code end}), numbered from 0 again. */
  Predictions between(long begin, long end) {
    int from = 0;
    while (numbers[from] < begin) {
      from++;
    }
    int to = from;
    while (to < numbers.length && numbers[to] < end) {
      to++;
    }
    int[] some = new int[to - from];
    for (int i = 0; i < some.length; i++) {
      some[i] = numbers[from + i] - Math.toIntExact(begin);
    }
    return new Predictions(all.subList(from, to), some);
  }

  /** Returns for each prediction the number of its place. */
  long[] rows() {
    long[] rows = new long[numbers.length];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = numbers[i];
    }
    return rows;
  }

  /** Returns the true ids. */
  long[] ids() {
    return all.stream().mapToLong(p -> p.sheet.sequence().id(p.position)).toArray();
  }

  /**
   * Notes results.
   *
   * @param logProbabilities of each prediction
   * @param greedy of each place
   */
  void put(float[] logProbabilities, long[] greedy) {
    for (int i = 0; i < numbers.length; i++) {
      Prediction p = all.get(i);
      p.sheet.put(p.position, logProbabilities[i], Math.toIntExact(greedy[numbers[i]]));
    }
  }

  boolean wantMoments() {
    return all.stream().anyMatch(p -> p.sheet.hasMoments());
  }

  /** Notes moments of each place. */
  void putMoments(float[] means, float[] variances) {
    for (int i = 0; i < numbers.length; i++) {
      Prediction p = all.get(i);
      p.sheet.putMoments(p.position, means[numbers[i]], variances[numbers[i]]);
    }
  }
}
