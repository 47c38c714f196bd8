package dev.unlearn.eval.audit;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.stat.Estimate;
import dev.unlearn.eval.stat.Sample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** What the values of a metric are, so how their aggregate and its interval come about. */
enum Scale {
  /** Shares in [0, 1]; the aggregate is their mean. */
  SHARE,
  /** Means over tokens in no known range; the aggregate is the mean over all tokens. */
  TOKEN_MEAN,
  /** Exponentials of such means. */
  EXPONENTIAL,
  /** Numbers of which nothing is known but that their mean may be the aggregate. */
  NUMBER;

  /** How keys of shares begin that have parameters. */
  private static final List<String> SHARES = List.of("ma_", "el_", "verbmem_", "rougeL_recall_");

  static Scale of(String key) {
    if (SHARES.stream().anyMatch(key::startsWith)) {
      return SHARE;
    }
    return switch (key) {
      case "loss" -> TOKEN_MEAN;
      case "perplexity" -> EXPONENTIAL;
      case "ma",
          "em",
          "em_open_unlearning",
          "es",
          "es_open_unlearning",
          "probability",
          "probability_open_unlearning",
          "knowmem",
          "acc",
          "acc_norm" ->
          SHARE;
      default -> NUMBER;
    };
  }

  /** Returns whether lower values are of a better model. */
  boolean lowerIsBetter() {
    return this == TOKEN_MEAN || this == EXPONENTIAL;
  }

  /** Returns the mean on this scale. {@code tokens} has the weight of each item. */
  Estimate mean(List<Double> values, List<String> units, List<Integer> tokens, double confidence) {
    return switch (this) {
      case SHARE -> Sample.ofShares(values, units).mean(confidence);
      case NUMBER -> Sample.ofNumbers(values, units).mean(confidence);
      case TOKEN_MEAN -> perToken(values, units, tokens).mean(confidence);
      case EXPONENTIAL ->
          map(
              perToken(values.stream().map(Math::log).toList(), units, tokens).mean(confidence),
              Math::exp);
    };
  }

  /**
   * Returns the mean change of the same items. That of an exponential is the change it would be if
   * the value before were known exactly: its sign is as sure as that of the mean below it.
   */
  Estimate change(
      List<Double> before,
      List<Double> after,
      List<String> units,
      List<Integer> tokens,
      double confidence) {
    return switch (this) {
      case SHARE -> Sample.ofChanges(before, after, units).mean(confidence);
      case NUMBER -> Sample.ofNumberChanges(before, after, units).mean(confidence);
      case TOKEN_MEAN -> perToken(differences(before, after), units, tokens).mean(confidence);
      case EXPONENTIAL -> {
        List<Double> logBefore = before.stream().map(Math::log).toList();
        List<Double> logAfter = after.stream().map(Math::log).toList();
        double start = Math.exp(perToken(logBefore, units, tokens).mean(confidence).value());
        yield map(
            perToken(differences(logBefore, logAfter), units, tokens).mean(confidence),
            change -> start * Math.expm1(change));
      }
    };
  }

  /** An item counts as often as it has tokens; its unit stays one. */
  private static Sample perToken(List<Double> values, List<String> units, List<Integer> tokens) {
    List<Double> repeated = new ArrayList<>();
    List<String> theirs = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      repeated.addAll(Collections.nCopies(tokens.get(i), values.get(i)));
      theirs.addAll(Collections.nCopies(tokens.get(i), units.get(i)));
    }
    return Sample.ofNumbers(repeated, theirs);
  }

  private static List<Double> differences(List<Double> before, List<Double> after) {
    List<Double> differences = new ArrayList<>(after.size());
    for (int i = 0; i < after.size(); i++) {
      differences.add(after.get(i) - before.get(i));
    }
    return differences;
  }

  private static Estimate map(Estimate estimate, DoubleUnaryOperator increasing) {
    return new Estimate(
        increasing.applyAsDouble(estimate.value()),
        estimate
            .interval()
            .map(
                interval ->
                    new Interval(
                        increasing.applyAsDouble(interval.low()),
                        increasing.applyAsDouble(interval.high()),
                        interval.confidence())),
        estimate.unitCount(),
        estimate.method());
  }
}
