package dev.unlearn.eval.report;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.stat.Estimate;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;

/** The tables of an audit as CSV (RFC 4180): numbers in full, NaN where undefined. */
final class AuditCsv {
  private AuditCsv() {}

  /** Returns the tables by file name. */
  static Map<String, String> tables(Audit audit) {
    Library.ofThisModule().checkCsv();
    Map<String, String> tables = new LinkedHashMap<>();
    tables.put("measurements.csv", text(measurements(audit)));
    tables.put("sequences.csv", text(sequences(audit)));
    tables.put("epochs.csv", text(epochs(audit)));
    tables.put("attacks.csv", text(attacks(audit)));
    return tables;
  }

  private static List<List<Object>> measurements(Audit audit) {
    List<List<Object>> rows = new ArrayList<>();
    rows.add(
        joined(
            List.of(
                "side", "key", "title", "data", "domain", "baseline", "better", "reference_name"),
            List.of("reference"),
            estimateNames("before", "after", "change")));
    for (Measurement row : audit.measurements()) {
      rows.add(
          joined(
              List.of(row.side(), row.key(), row.title(), row.data(), row.domain().orElse("")),
              List.of(row.baseline(), row.better(), row.referenceName(), orEmpty(row.reference())),
              numbers(row.before()),
              numbers(Optional.of(row.after())),
              numbers(row.change())));
    }
    return rows;
  }

  private static List<List<Object>> sequences(Audit audit) {
    List<List<Object>> rows = new ArrayList<>();
    rows.add(List.of("index", "name", "domain", "key", "data", "before", "after"));
    for (Measurement row : Sequences.measurements(audit)) {
      for (int i = 0; i < audit.sequenceNames().size(); i++) {
        rows.add(
            List.of(
                i,
                audit.sequenceNames().get(i),
                Sequences.domain(audit, i),
                row.key(),
                row.data(),
                row.itemsBefore().isEmpty() ? "" : row.itemsBefore().get(i),
                row.itemsAfter().get(i)));
      }
    }
    return rows;
  }

  private static List<List<Object>> epochs(Audit audit) {
    List<EpochReport> epochs = audit.run().map(ForgetReport::epochs).orElse(List.of());
    List<String> keys = Epochs.keys(epochs, EpochReport::metrics);
    List<String> otherKeys = Epochs.keys(epochs, EpochReport::otherMetrics);
    List<List<Object>> rows = new ArrayList<>();
    rows.add(
        joined(
            List.of("epoch", "lot_epoch", "lot", "loss", "objective", "gradient_norm", "seconds"),
            keys,
            otherKeys.stream().map(key -> "other_" + key).toList()));
    for (EpochReport epoch : epochs) {
      rows.add(
          joined(
              List.of(
                  epoch.epoch(),
                  epoch.lotEpoch(),
                  String.join(" ", epoch.lot().stream().map(String::valueOf).toList()),
                  orEmpty(epoch.loss()),
                  orEmpty(epoch.objective()),
                  orEmpty(epoch.gradientNorm()),
                  epoch.duration().toMillis() / 1000.0),
              keys.stream().map(value(epoch.metrics())).toList(),
              otherKeys.stream().map(value(epoch.otherMetrics())).toList()));
    }
    return rows;
  }

  private static Function<String, Object> value(Map<String, MetricResult> metrics) {
    return key -> {
      MetricResult result = metrics.get(key);
      return result == null ? "" : result.value();
    };
  }

  private static List<List<Object>> attacks(Audit audit) {
    List<List<Object>> rows = new ArrayList<>();
    rows.add(
        joined(
            List.of("attack", "title", "metric", "margin", "recovery", "setting", "strength"),
            estimateNames("forgotten", "unseen", "before", "excess")));
    for (AttackResult attack : audit.attacks()) {
      for (AttackPoint point : attack.points()) {
        rows.add(
            joined(
                List.of(attack.attack(), attack.title(), attack.metric(), attack.margin()),
                List.of(attack.recovery(), point.setting(), point.strength()),
                numbers(Optional.of(point.forgotten())),
                numbers(point.unseen()),
                numbers(point.before()),
                numbers(point.excess())));
      }
    }
    return rows;
  }

  private static List<String> estimateNames(String... names) {
    return Arrays.stream(names)
        .flatMap(
            name ->
                List.of("", "_low", "_high", "_confidence", "_units", "_method").stream()
                    .map(part -> name + part))
        .toList();
  }

  private static List<Object> numbers(Optional<Estimate> estimate) {
    if (estimate.isEmpty()) {
      return List.of("", "", "", "", "", "");
    }
    Estimate value = estimate.get();
    return List.of(
        value.value(),
        value.interval().<Object>map(interval -> interval.low()).orElse(""),
        value.interval().<Object>map(interval -> interval.high()).orElse(""),
        value.interval().<Object>map(interval -> interval.confidence()).orElse(""),
        value.unitCount(),
        value.method());
  }

  private static Object orEmpty(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : "";
  }

  private static List<Object> joined(List<?>... parts) {
    return Arrays.stream(parts).<Object>flatMap(List::stream).toList();
  }

  private static String text(List<List<Object>> rows) {
    StringBuilder text = new StringBuilder();
    try (CSVPrinter printer = new CSVPrinter(text, CSVFormat.RFC4180)) {
      for (List<Object> row : rows) {
        printer.printRecord(row);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // a StringBuilder has none
    }
    return text.toString();
  }
}
