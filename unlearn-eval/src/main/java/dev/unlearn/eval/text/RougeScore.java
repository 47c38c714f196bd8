package dev.unlearn.eval.text;

/**
 * How far a text agrees with a reference.
 *
 * @param precision the share of the text's words or n-grams that match, in [0, 1]
 * @param recall the share of the reference's that are matched, in [0, 1]
 */
public record RougeScore(double precision, double recall) {

  /** Returns the harmonic mean of precision and recall; 0 if both are. */
  public double f1() {
    double sum = precision + recall;
    return sum == 0 ? 0 : 2 * precision * recall / sum;
  }

  /** Returns the score of a number of matches; a side without words scores 0. */
  static RougeScore of(int matches, int candidateCount, int referenceCount) {
    return new RougeScore(
        matches / (double) Math.max(1, candidateCount),
        matches / (double) Math.max(1, referenceCount));
  }
}
