package dev.unlearn.eval.report;

import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.stat.Estimate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** The audited model beside models that came about in another way. */
final class Baselines {
  /** What is compared. */
  private record Quantity(String key, String title, String data) {
    static Quantity of(Measurement row) {
      return new Quantity(row.key(), row.title(), row.data());
    }
  }

  private Baselines() {}

  /** Returns whether a measurement is of the audited model, in all domains. */
  static boolean isTotalOfAudited(Measurement row) {
    return row.baseline().isEmpty() && row.domain().isEmpty();
  }

  /** Returns one line per model and one column per quantity; empty without baselines. */
  static Optional<AuditHtml.Table> table(Audit audit) {
    List<Measurement> rows =
        audit.measurements().stream().filter(row -> row.domain().isEmpty()).toList();
    List<Measurement> others = rows.stream().filter(row -> !row.baseline().isEmpty()).toList();
    if (others.isEmpty()) {
      return Optional.empty();
    }
    List<Quantity> quantities = others.stream().map(Quantity::of).distinct().toList();
    List<String> headings = new ArrayList<>(List.of("Model"));
    quantities.forEach(quantity -> headings.add(quantity.title() + ", " + quantity.data()));
    List<AuditHtml.Line> lines = new ArrayList<>();
    lines.add(line("before the run", quantities, rows, "", Measurement::before));
    lines.add(line("this model", quantities, rows, "", row -> Optional.of(row.after())));
    others.stream()
        .map(Measurement::baseline)
        .distinct()
        .forEach(
            name -> lines.add(line(name, quantities, rows, name, row -> Optional.of(row.after()))));
    return Optional.of(new AuditHtml.Table("This model and others", headings, lines));
  }

  private static AuditHtml.Line line(
      String heading,
      List<Quantity> quantities,
      List<Measurement> rows,
      String baseline,
      Function<Measurement, Optional<Estimate>> part) {
    List<String> cells = new ArrayList<>();
    for (Quantity quantity : quantities) {
      cells.add(
          rows.stream()
              .filter(row -> row.baseline().equals(baseline) && Quantity.of(row).equals(quantity))
              .findFirst()
              .flatMap(row -> part.apply(row).map(estimate -> text(row, estimate)))
              .orElse("not measured"));
    }
    return new AuditHtml.Line(heading, cells);
  }

  private static String text(Measurement row, Estimate estimate) {
    return Numbers.format(estimate)
        + (Judgement.isQuotable(row, estimate) ? "" : ", not above chance");
  }
}
