package dev.unlearn.eval.tofu;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.eval.audit.Better;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.qa.AnswerRecall;
import dev.unlearn.eval.qa.QaFormat;
import dev.unlearn.eval.stat.Sample;
import dev.unlearn.spi.CausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * What a model scores on one of the benchmark's sets, question by question.
 *
 * @param set which set
 * @param losses of all answers to each question
 * @param recalls ROUGE-L recall of what the model answered, in the same order
 */
public record TofuScores(TofuSet set, List<AnswerLosses> losses, List<Double> recalls) {

  /** Copies the lists. */
  public TofuScores {
    checkArgument(
        losses.size() == recalls.size(),
        "losses and recalls must be of the same questions, but are of %s and %s",
        losses.size(),
        recalls.size());
    losses = List.copyOf(losses);
    recalls = List.copyOf(recalls);
  }

  /** Measures a model; up to {@link AnswerRecall#TOFU_TOKENS} tokens are decoded per question. */
  public static TofuScores measure(
      CausalLm model, QaFormat format, TofuSet set, List<TofuItem> items) {
    return new TofuScores(
        set,
        AnswerLosses.measure(model, format, items),
        AnswerRecall.of(format)
            .measure(model, items.stream().map(TofuItem::qa).toList())
            .perSequence());
  }

  /** Returns the unit of each question. */
  public List<String> units() {
    return losses.stream().map(AnswerLosses::unit).toList();
  }

  /**
   * Returns the probability of each true answer, in [0, 1]; of real authors and world facts, its
   * share of the probabilities of all answers.
   */
  public List<Double> probabilities(TruthRatio form) {
    return losses.stream()
        .map(set.hasOptions() ? form::optionProbability : AnswerLosses::probability)
        .toList();
  }

  /**
   * Returns the score of each question's truth ratio, in [0, 1]: {@link TruthRatio#closenessToOne}
   * on the forget set, {@link TruthRatio#truthfulness} on others.
   */
  public List<Double> truthRatios(TruthRatio form) {
    return losses.stream()
        .map(set == TofuSet.FORGET ? form::closenessToOne : form::truthfulness)
        .toList();
  }

  /**
   * Returns probability, ROUGE-L recall and truth ratio as rows of an audit, with intervals over
   * units.
   *
   * @param before the scores of the model as it was, on the same questions; empty if it was not
   *     measured
   * @param confidence of the intervals, in (0, 1)
   * @throws IllegalArgumentException if the scores before are of another set or number of questions
   */
  public List<Measurement> measurements(
      Optional<TofuScores> before, TruthRatio form, double confidence) {
    before.ifPresent(
        other ->
            checkArgument(
                other.set == set && other.losses.size() == losses.size(),
                "scores before must be of the %s questions of the %s, but are of %s of the %s",
                losses.size(),
                set.title(),
                other.losses.size(),
                other.set.title()));
    Better known = set == TofuSet.FORGET ? Better.LOWER : Better.HIGHER;
    List<Measurement> rows = new ArrayList<>();
    rows.add(
        row(
            "tofu_probability",
            "Probability",
            known,
            before,
            confidence,
            s -> s.probabilities(form)));
    rows.add(
        row(
            "tofu_rougeL_recall",
            "ROUGE-L recall",
            known,
            before,
            confidence,
            TofuScores::recalls));
    rows.add(
        row(
            "tofu_truth_ratio",
            "Truth ratio",
            Better.HIGHER,
            before,
            confidence,
            s -> s.truthRatios(form)));
    return rows;
  }

  private Measurement row(
      String key,
      String title,
      Better better,
      Optional<TofuScores> before,
      double confidence,
      Function<TofuScores, List<Double>> values) {
    List<Double> after = values.apply(this);
    Optional<List<Double>> earlier = before.map(values);
    return Measurement.builder()
        .side(set.side())
        .key(key)
        .title(title)
        .data("TOFU " + set.title())
        .better(better)
        .before(earlier.map(list -> Sample.ofShares(list, units()).mean(confidence)))
        .after(Sample.ofShares(after, units()).mean(confidence))
        .change(earlier.map(list -> Sample.ofChanges(list, after, units()).mean(confidence)))
        .addAllItemsBefore(earlier.orElse(List.of()))
        .addAllItemsAfter(after)
        .build();
  }
}
