package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.internal.Int8Products;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Greedy decoding that keeps nothing and shares nothing: each choice comes from a pass over all
 * tokens before it. What is to be tested may choose otherwise only between ids whose logits are
 * almost the same here; the rest of such a row is not compared.
 */
public final class BruteForce {
  /** Sums in another order move logits by less than this. */
  private static final float NEAR = 1e-4f;

  private static final int TOKENS_PER_PASS = 4096;
  private static final int[] ORDERS = {3, 5, 10};

  private final TrainableCausalLm model;
  private final Tally tally;

  /** Creates a twin of a model that notes what it sees. */
  public BruteForce(TrainableCausalLm model, Tally tally) {
    this.model = model;
    this.tally = tally;
  }

  /** What was compared. */
  public static final class Tally {
    private final String name;
    private int rows;
    private int choices;
    private int nearTies;
    private int differences;
    private int matches;
    private int skipped;

    /** Creates a tally. */
    public Tally(Class<?> test) {
      name = test.getSimpleName();
    }

    /** Writes it, and asserts that near ties, which are no failure, changed few rows. */
    public void check() {
      System.out.printf(
          "%s: %d rows, %d choices, %d near ties, %d of them chosen otherwise, %d n-grams matched,"
              + " likelihoods of %d sequences not compared, 8-bit products %s%n",
          name,
          rows,
          choices,
          nearTies,
          differences,
          matches,
          skipped,
          Int8Products.areFast() ? "fast" : "slow");
      assertThat(differences).as("rows that went another way").isLessThanOrEqualTo(rows / 100);
    }

    /** Does the same for models some of which recite. */
    public void checkRecited() {
      check();
      assertThat(matches).as("n-grams matched").isPositive();
    }
  }

  /** Returns for each sequence the lengths of all its prefixes. */
  public static List<int[]> allPrefixes(List<TokenSequence> sequences) {
    return sequences.stream().map(s -> IntStream.range(1, s.length()).toArray()).toList();
  }

  /** Compares the model's continuations, and the likelihoods of all orders that follow. */
  public void assertAllPrefixes(List<TokenSequence> sequences) {
    List<int[]> all = allPrefixes(sequences);
    List<List<Row>> expected = compare(sequences, all, model.continueGreedily(sequences, all));
    List<MetricResult> actual =
        IntStream.of(ORDERS)
            .mapToObj(order -> ExtractionLikelihood.of(order).measure(model, sequences))
            .toList();
    for (int i = 0; i < sequences.size(); i++) {
      List<Row> rows = expected.get(i);
      if (!rows.stream().allMatch(row -> row.same)) {
        tally.skipped++;
        continue;
      }
      for (int k = 0; k < ORDERS.length; k++) {
        double likelihood = likelihood(sequences.get(i), rows, ORDERS[k]);
        if (Double.isNaN(likelihood)) {
          assertThat(actual.get(k).perSequence().get(i)).isNaN();
        } else {
          assertThat(actual.get(k).perSequence().get(i)).isCloseTo(likelihood, within(1e-12));
        }
      }
    }
  }

  /** Compares continuations of some prefixes. */
  public void assertPrefixes(
      List<TokenSequence> sequences, List<int[]> lengths, List<GreedyContinuations> actual) {
    assertThat(compare(sequences, lengths, actual)).hasSameSizeAs(sequences);
  }

  /** Compares what prompts were continued with. */
  public void assertGenerated(List<TokenSequence> prompts, int[] newTokens, List<int[]> actual) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      rows.add(new Row(prompts.get(i).ids(), prompts.get(i).length() + newTokens[i]));
    }
    run(rows);
    assertThat(actual).hasSameSizeAs(prompts);
    for (int i = 0; i < prompts.size(); i++) {
      compare(rows.get(i), actual.get(i), "prompt " + i);
    }
  }

  private List<List<Row>> compare(
      List<TokenSequence> sequences, List<int[]> lengths, List<GreedyContinuations> actual) {
    List<List<Row>> rows = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      TokenSequence sequence = sequences.get(i);
      rows.add(
          IntStream.of(lengths.get(i))
              .mapToObj(length -> new Row(sequence.ids(0, length), sequence.length()))
              .toList());
    }
    run(rows.stream().flatMap(List::stream).toList());
    assertThat(actual).hasSameSizeAs(sequences);
    for (int i = 0; i < sequences.size(); i++) {
      assertThat(actual.get(i).prefixLengths())
          .containsExactlyInAnyOrderElementsOf(
              IntStream.of(lengths.get(i)).boxed().distinct().toList());
      for (Row row : rows.get(i)) {
        int[] continuation = actual.get(i).after(row.begin);
        compare(row, continuation, "sequence " + i + " after " + row.begin + " tokens");
        for (int order : ORDERS) {
          tally.matches += matches(sequences.get(i), row.begin, row.continuation(), order);
        }
      }
    }
    return rows;
  }

  private void compare(Row row, int[] actual, String what) {
    tally.rows++;
    assertThat(actual).as(what).hasSize(row.ids.length - row.begin);
    for (int i = 0; i < actual.length; i++) {
      float margin = row.margins[row.begin + i];
      tally.choices++;
      tally.nearTies += margin < NEAR ? 1 : 0;
      if (actual[i] != row.ids[row.begin + i]) {
        assertThat(margin)
            .as(
                "%s: margin at new token %s, which is %s instead of %s",
                what, i, Arrays.toString(actual), Arrays.toString(row.continuation()))
            .isLessThan(NEAR);
        tally.differences++;
        row.same = false;
        return;
      }
    }
  }

  private void run(List<Row> rows) {
    int longest = rows.stream().mapToInt(row -> row.ids.length).max().orElse(0);
    for (int length = 1; length < longest; length++) {
      int now = length;
      List<Row> due =
          rows.stream().filter(row -> row.begin <= now && now < row.ids.length).toList();
      int most = Math.max(1, TOKENS_PER_PASS / length);
      for (int from = 0; from < due.size(); from += most) {
        choose(due.subList(from, Math.min(due.size(), from + most)), length);
      }
    }
  }

  /** Gives rows of one length their next id. */
  private void choose(List<Row> rows, int length) {
    // The last id is a target only: nothing before it sees it.
    List<TokenSequence> sequences =
        rows.stream()
            .map(row -> Arrays.copyOf(Arrays.copyOf(row.ids, length), length + 1))
            .map(TokenSequence::of)
            .toList();
    try (TokenBatch batch = TokenBatch.of(model.manager(), sequences)) {
      NDArray logits = model.pass(batch).logits(); // (B, length, vocabulary)
      float[] last = logits.get(new NDIndex(":, " + (length - 1))).toFloatArray();
      int size = model.vocabularySize();
      for (int i = 0; i < rows.size(); i++) {
        rows.get(i).choose(Arrays.copyOfRange(last, i * size, (i + 1) * size), length);
      }
    }
  }

  private static double likelihood(TokenSequence sequence, List<Row> rows, int order) {
    double sum = 0;
    int count = 0;
    for (Row row : rows) {
      int ngrams = sequence.length() - row.begin - order + 1;
      if (ngrams > 0) {
        sum += (double) matches(sequence, row.begin, row.continuation(), order) / ngrams;
        count++;
      }
    }
    return sum / count;
  }

  /** Counts the n-grams of a continuation that the true one has, too. */
  private static int matches(TokenSequence sequence, int begin, int[] continuation, int order) {
    List<Integer> truth = IntStream.of(sequence.ids(begin, sequence.length())).boxed().toList();
    List<Integer> given = IntStream.of(continuation).boxed().toList();
    return (int)
        IntStream.rangeClosed(0, given.size() - order)
            .filter(i -> Collections.indexOfSubList(truth, given.subList(i, i + order)) >= 0)
            .count();
  }

  private static final class Row {
    final int begin;
    final int[] ids;

    /** By position, how much higher the best logit was than the second one. */
    final float[] margins;

    boolean same = true;

    Row(int[] prefix, int length) {
      begin = prefix.length;
      ids = Arrays.copyOf(prefix, length);
      margins = new float[length];
    }

    void choose(float[] logits, int position) {
      int best = 0;
      for (int id = 1; id < logits.length; id++) {
        best = logits[id] > logits[best] ? id : best;
      }
      float second = Float.NEGATIVE_INFINITY;
      for (int id = 0; id < logits.length; id++) {
        second = id == best ? second : Math.max(second, logits[id]);
      }
      ids[position] = best;
      margins[position] = logits[best] - second;
    }

    int[] continuation() {
      return Arrays.copyOfRange(ids, begin, ids.length);
    }
  }
}
