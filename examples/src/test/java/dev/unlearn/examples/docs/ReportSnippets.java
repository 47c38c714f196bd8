package dev.unlearn.examples.docs;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ByDomain;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.ForgettingThresholds;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Measurements;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.report.AuditReport;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

final class ReportSnippets {
  private ReportSnippets() {}

  static void write(Audit audit, Path folder) throws IOException {
    AuditReport.write(audit, folder);
  }

  static List<Measurement> extraction(
      CausalLm model,
      List<TokenSequence> sequences,
      ForgettingThresholds thresholds,
      Runnable forgetting) {
    Metric el = ExtractionLikelihood.of(10);
    Map<Optional<String>, MetricResult> before = ByDomain.measure(el, model, sequences);
    forgetting.run();
    Map<Optional<String>, MetricResult> after = ByDomain.measure(el, model, sequences);
    return Measurements.of(Side.PRIVACY, "forget set", sequences)
        .against(thresholds.elThreshold(), "unseen text")
        .rows(before, after);
  }
}
