package dev.unlearn.eval.report;

import dev.unlearn.api.Interval;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Before and after of one side.
 *
 * @param title of the table
 * @param confidence of its intervals, in words
 * @param groups one per quantity and data: the total, then its domains
 */
record SummaryTable(String title, String confidence, List<Group> groups) {
  /**
   * A total and its domains.
   *
   * @param rows the total first
   */
  record Group(List<Row> rows) {}

  /**
   * A line of the table.
   *
   * @param name the quantity, or the domain
   * @param data what it was measured on
   * @param domain whether it is a domain's
   * @param basis how many units it rests on, and how its interval was made
   */
  record Row(
      String name,
      String data,
      boolean domain,
      Cell before,
      Cell after,
      String change,
      String reference,
      Judgement judgement,
      String basis,
      List<String> notes) {}

  /**
   * A number.
   *
   * @param chance whether chance gives as much, so that it is not quoted as a result
   */
  record Cell(String text, boolean chance) {}

  static List<SummaryTable> of(Audit audit) {
    return Stream.of(
            of(audit, Side.PRIVACY, "What the model still knows"),
            of(audit, Side.UTILITY, "What the model is still good at"))
        .filter(table -> !table.groups().isEmpty())
        .toList();
  }

  private static SummaryTable of(Audit audit, Side side, String title) {
    Map<List<String>, List<Row>> groups = new LinkedHashMap<>();
    TreeSet<Double> confidences = new TreeSet<>();
    for (Measurement row : audit.measurements()) {
      if (row.side() == side && row.baseline().isEmpty()) {
        groups
            .computeIfAbsent(
                List.of(row.key(), row.title(), row.data()), unused -> new ArrayList<>())
            .add(row(row));
        Stream.of(row.before(), Optional.of(row.after()), row.change())
            .flatMap(Optional::stream)
            .flatMap(estimate -> estimate.interval().stream())
            .map(Interval::confidence)
            .forEach(confidences::add);
      }
    }
    String confidence =
        confidences.isEmpty()
            ? "no intervals"
            : String.join(" and ", confidences.stream().map(Numbers::confidence).toList())
                + " intervals in brackets";
    return new SummaryTable(title, confidence, groups.values().stream().map(Group::new).toList());
  }

  private static Row row(Measurement row) {
    return new Row(
        row.domain().orElse(row.title()),
        row.data(),
        row.domain().isPresent(),
        row.before().map(before -> cell(row, before)).orElse(new Cell("not measured", false)),
        cell(row, row.after()),
        row.change().map(Numbers::formatChange).orElse(""),
        row.reference().isPresent()
            ? Numbers.format(row.reference().getAsDouble()) + " " + row.referenceName()
            : "",
        Judgement.of(row),
        "n = " + row.after().unitCount() + ", " + row.after().method(),
        row.notes());
  }

  private static Cell cell(Measurement row, Estimate estimate) {
    return new Cell(Numbers.format(estimate), !Judgement.isQuotable(row, estimate));
  }
}
