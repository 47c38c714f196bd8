package dev.unlearn.journal;

import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.Interval;
import dev.unlearn.api.MetricResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Records of epochs, and a header. */
final class EpochRecords {
  private EpochRecords() {}

  static EpochRecord of(int epoch) {
    return of(epoch, Decision.proceed(List.of(1)), Optional.empty());
  }

  static EpochRecord of(int epoch, Decision decision, Optional<EpochRecord.Best> best) {
    return new EpochRecord(
        EpochReport.builder()
            .epoch(epoch)
            .lotEpoch(epoch)
            .addAllLot(List.of(0, 1))
            .loss(0.1 + epoch)
            .objective(-0.0)
            .gradientNorm(Double.NaN)
            .putAllMetrics(
                Map.of(
                    "m",
                    MetricResult.of(
                        "m",
                        0.5,
                        List.of(Double.MIN_VALUE, Double.NEGATIVE_INFINITY, 1 / 3.0),
                        new Interval(-0.0, Double.POSITIVE_INFINITY, 0.95))))
            .putAllOtherMetrics(Map.of("o", MetricResult.of("o", Double.NaN, List.of(Double.NaN))))
            .decision(decision)
            .duration(Duration.ofSeconds(Long.MAX_VALUE, 999_999_999))
            .build(),
        Map.of("memory", Double.MAX_VALUE),
        Map.of("o", "abc"),
        best);
  }

  static JournalHeader header() {
    return new JournalHeader(
        Map.of("objective", "ascent"),
        Map.of("java", "17"),
        Map.of("forgetSet", "f0"),
        Map.of("batch", 8L));
  }
}
