package dev.unlearn.eval.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Interval;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.stat.Estimate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MeasurementsTest {
  private static final double EXACT = 1e-12;

  private static List<TokenSequence> sequences(int... lengths) {
    return IntStream.of(lengths).mapToObj(length -> TokenSequence.of(new int[length])).toList();
  }

  @Test
  void row_ofShares() {
    MetricResult before = MetricResult.mean("ma", List.of(0.9, 0.7, Double.NaN));
    MetricResult after = MetricResult.mean("ma", List.of(0.3, 0.1, Double.NaN));

    Measurement row =
        Measurements.of(Side.PRIVACY, "forget set", sequences(3, 3, 3))
            .against(0.25, "unseen text")
            .row(Optional.of(before), after);

    assertThat(row.title()).isEqualTo("Memorization accuracy");
    assertThat(row.better()).isEqualTo(Better.NEAR_REFERENCE);
    assertThat(row.reference()).hasValue(0.25);
    assertThat(row.referenceName()).isEqualTo("unseen text");
    assertThat(row.before().orElseThrow().value()).isCloseTo(0.8, within(EXACT));
    assertThat(row.after().value()).isCloseTo(0.2, within(EXACT));
    assertThat(row.after().unitCount()).isEqualTo(2);
    assertThat(row.after().interval()).isPresent();
    assertThat(row.change().orElseThrow().value()).isCloseTo(-0.6, within(EXACT));
    assertThat(row.itemsAfter()).containsExactly(0.3, 0.1, Double.NaN);
  }

  @ParameterizedTest
  @ValueSource(strings = {"es", "em", "probability", "es_open_unlearning"})
  void row_ofSharesHasAnIntervalOfFewSequences(String key) {
    Measurement row =
        Measurements.of(Side.PRIVACY, "forget set", sequences(3, 3))
            .row(Optional.empty(), MetricResult.mean(key, List.of(0.3, 0.1)));

    assertThat(interval(row.after()).low()).isBetween(0.0, 0.2);
    assertThat(interval(row.after()).high()).isBetween(0.2, 1.0);
  }

  /** Two targets at 1 nat, six at 2: (2 * 1 + 6 * 2) / 8 = 1.75, not 1.5. */
  @Test
  void row_ofLossWeighsTokens() {
    MetricResult after = MetricResult.of("loss", 1.75, List.of(1.0, 2.0));

    Measurement row =
        Measurements.of(Side.UTILITY, "validation", sequences(3, 7)).row(Optional.empty(), after);

    assertThat(row.better()).isEqualTo(Better.LOWER);
    assertThat(row.after().value()).isCloseTo(1.75, within(EXACT));
    assertThat(row.after().interval()).isEmpty();
    assertThat(row.after().unitCount()).isEqualTo(2);
    assertThat(row.before()).isEmpty();
    assertThat(row.change()).isEmpty();
  }

  @Test
  void row_ofPerplexityIsTheLossesExponential() {
    int count = 150;
    List<TokenSequence> texts = sequences(IntStream.range(0, count).map(i -> 11).toArray());
    List<Double> lossBefore = IntStream.range(0, count).mapToObj(i -> 2 + i % 5 * 0.1).toList();
    List<Double> lossAfter = IntStream.range(0, count).mapToObj(i -> 2.1 + i % 7 * 0.1).toList();
    Measurements rows = Measurements.of(Side.UTILITY, "validation", texts);

    Measurement loss = rows.row(Optional.of(means("loss", lossBefore)), means("loss", lossAfter));
    Measurement perplexity =
        rows.row(Optional.of(exponentials(lossBefore)), exponentials(lossAfter));

    Interval interval = interval(loss.after());
    assertThat(interval(perplexity.after()).low())
        .isCloseTo(Math.exp(interval.low()), within(1e-9));
    assertThat(interval(perplexity.after()).high())
        .isCloseTo(Math.exp(interval.high()), within(1e-9));
    double before = perplexity.before().orElseThrow().value();
    Estimate change = perplexity.change().orElseThrow();
    assertThat(change.value()).isCloseTo(perplexity.after().value() - before, within(1e-9));
    assertThat(interval(change).low())
        .isCloseTo(before * Math.expm1(interval(loss.change().orElseThrow()).low()), within(1e-9))
        .isGreaterThan(0);
  }

  private static MetricResult means(String key, List<Double> values) {
    return MetricResult.mean(key, values);
  }

  private static MetricResult exponentials(List<Double> losses) {
    double mean = losses.stream().mapToDouble(x -> x).average().orElseThrow();
    return MetricResult.of("perplexity", Math.exp(mean), losses.stream().map(Math::exp).toList());
  }

  private static Interval interval(Estimate estimate) {
    return estimate.interval().orElseThrow();
  }

  @Test
  void row_ofAnAggregateThatIsNoMean() {
    MetricResult median = MetricResult.of("median", 0.2, List.of(0.1, 0.2, 0.9));

    Estimate after =
        Measurements.of(Side.PRIVACY, "forget set", sequences(3, 3, 3))
            .row(Optional.empty(), median)
            .after();

    assertThat(after.value()).isEqualTo(0.2);
    assertThat(after.interval()).isEmpty();
    assertThat(after.method()).isEqualTo("no interval: the aggregate is not the mean of its items");
  }

  @Test
  void rows_byDomain() {
    List<TokenSequence> sequences =
        List.of(
            TokenSequence.of(1, 2).withDomain("code"),
            TokenSequence.of(1, 3).withDomain("mail"),
            TokenSequence.of(1, 4).withDomain("code"));
    Map<Optional<String>, MetricResult> after = new LinkedHashMap<>();
    after.put(Optional.empty(), MetricResult.mean("ma", List.of(0.0, 0.5, 1.0)));
    after.put(Optional.of("code"), MetricResult.mean("ma", List.of(0.0, 1.0)));
    after.put(Optional.of("mail"), MetricResult.mean("ma", List.of(0.5)));

    List<Measurement> rows =
        Measurements.of(Side.PRIVACY, "forget set", sequences).rows(Map.of(), after);

    assertThat(rows)
        .extracting(Measurement::domain)
        .containsExactly(Optional.empty(), Optional.of("code"), Optional.of("mail"));
    assertThat(rows).extracting(row -> row.after().unitCount()).containsExactly(3, 2, 1);
  }

  @Test
  void row_ofAnotherNumberOfValues() {
    Measurements rows = Measurements.of(Side.PRIVACY, "forget set", sequences(3, 3));

    assertThatThrownBy(() -> rows.row(Optional.empty(), MetricResult.mean("ma", List.of(0.5))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ma must have a value for each of 2 sequences, but had 1");
  }

  @Test
  void row_ofTwoMetrics() {
    Measurements rows = Measurements.of(Side.PRIVACY, "forget set", sequences(3));

    assertThatThrownBy(
            () ->
                rows.row(
                    Optional.of(MetricResult.mean("el_3", List.of(0.5))),
                    MetricResult.mean("ma", List.of(0.5))))
        .hasMessage("results must be of one metric, but were of: el_3 and ma");
  }

  @Test
  void titles() {
    assertThat(MetricTitles.of("el_10")).isEqualTo("Extraction likelihood, n = 10");
    assertThat(MetricTitles.of("el_5_sampled_40_seed_2"))
        .isEqualTo("Extraction likelihood, n = 5 (sampled)");
    assertThat(MetricTitles.of("el_10_paper_200_eos_50256"))
        .isEqualTo("Extraction likelihood, n = 10 (authors’ form)");
    assertThat(MetricTitles.of("ma_paper_200_eos_50256"))
        .isEqualTo("Memorization accuracy (authors’ form)");
    assertThat(MetricTitles.of("es")).isEqualTo("Extraction strength");
    assertThat(MetricTitles.of("probability")).isEqualTo("Probability per token");
    assertThat(MetricTitles.of("mine")).isEqualTo("mine");
  }
}
