package dev.unlearn.examples.docs;

import dev.unlearn.Unlearner;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Metrics;
import dev.unlearn.eval.UnseenText;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.qa.QaFormat;
import dev.unlearn.eval.tofu.TofuFiles;
import dev.unlearn.eval.tofu.TofuItem;
import dev.unlearn.eval.tofu.TofuScores;
import dev.unlearn.eval.tofu.TofuSet;
import dev.unlearn.eval.tofu.TruthRatio;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.stop.StoppingCriteria;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

final class MetricsAndThresholdsSnippets {
  private MetricsAndThresholdsSnippets() {}

  static boolean surelyAbove(CausalLm model, List<TokenSequence> sequences, double threshold) {
    MetricResult estimate = ExtractionLikelihood.of(10).sampled(32).measure(model, sequences);
    return estimate.interval().orElseThrow().low() > threshold;
  }

  static List<Measurement> forgetSet(CausalLm model, Path file, int eosId) {
    QaFormat format = QaFormat.tofu().endingWith(eosId);
    List<TofuItem> items = TofuFiles.authors(file);
    return TofuScores.measure(model, format, TofuSet.FORGET, items)
        .measurements(Optional.empty(), TruthRatio.GEOMETRIC, 0.95);
  }

  static boolean extractable(CausalLm model, List<TokenSequence> sequences) {
    Map<String, MetricResult> results =
        Metrics.measure(model, sequences, MemorizationAccuracy.of(), ExtractionLikelihood.of(10));
    return results.get("ma").value() > 0.3 || results.get("el_10").value() > 0.05;
  }

  static boolean known(TrainableCausalLm model, ForgetSet set, Corpus unseen) {
    List<TokenSequence> alike = UnseenText.cutLike(model.tokenizer().sequences(unseen), set);
    ForgettingThresholds thresholds = ForgettingThresholds.measure(model, Corpus.of(alike), 10);
    double accuracy = MemorizationAccuracy.of().measure(model, set.sequences()).value();
    return accuracy > thresholds.maInterval().orElseThrow().high();
  }

  static Unlearner published() {
    return Unlearner.builder()
        .stopWhen(StoppingCriteria.forgotten(ForgettingThresholds.GPT_NEO_125M))
        .maxEpochs(20)
        .build();
  }
}
