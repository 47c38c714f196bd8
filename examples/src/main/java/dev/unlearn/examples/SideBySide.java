package dev.unlearn.examples;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Numbers of two origins, sequence by sequence: ours, theirs, and ours minus theirs. */
final class SideBySide {
  private final List<String> documents;
  private final List<Column> columns;

  /**
   * Takes what there is of both.
   *
   * @param documents that are in every column, in the order in which they are printed
   */
  SideBySide(List<String> documents, List<Column> columns) {
    this.documents = documents;
    this.columns = columns;
  }

  /** A metric of every document, both ways. */
  record Column(String key, Map<String, Double> ours, Map<String, Double> theirs) {
    double difference(String document) {
      return of(ours, document) - of(theirs, document);
    }

    private static double of(Map<String, Double> values, String document) {
      return values.getOrDefault(document, Double.NaN);
    }
  }

  /** Prints a line per sequence, then the mean and the largest difference of each metric. */
  void print(PrintStream out) {
    StringBuilder header = new StringBuilder(String.format(Locale.ROOT, "%10s", "doc_id"));
    for (Column column : columns) {
      header.append(String.format(Locale.ROOT, "  %10s %8s %8s", column.key(), "theirs", "diff"));
    }
    out.println(header);
    for (String document : documents) {
      StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%10s", document));
      for (Column column : columns) {
        line.append(
            String.format(
                Locale.ROOT,
                "  %10.4f %8.4f %8.4f",
                Column.of(column.ours(), document),
                Column.of(column.theirs(), document),
                column.difference(document)));
      }
      out.println(line);
    }
    columns.forEach(column -> summarize(column, out));
  }

  private void summarize(Column column, PrintStream out) {
    double sum = 0;
    String worst = documents.get(0);
    for (String document : documents) {
      sum += column.difference(document);
      if (Math.abs(column.difference(document)) > Math.abs(column.difference(worst))) {
        worst = document;
      }
    }
    out.printf(
        Locale.ROOT,
        "%s, ours minus theirs: mean %.4f, largest %.4f, of %s%n",
        column.key(),
        sum / documents.size(),
        column.difference(worst),
        worst);
  }
}
