package dev.unlearn.examples;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Metric;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A before/after table of extraction likelihood, memorization accuracy and perplexity. */
final class Table {
  private final CausalLm model;
  private final String extractionHeader;
  private final List<Row> rows = new ArrayList<>();

  Table(CausalLm model, int order) {
    this.model = model;
    extractionHeader = "EL_" + order;
  }

  /** A row; fill in extraction likelihood where it is known. */
  static final class Row {
    private final String name;
    private final List<TokenSequence> sequences;
    private double[] before = {};
    private double[] after = {};
    private double extractionBefore = Double.NaN;
    private double extractionAfter = Double.NaN;

    private Row(String name, List<TokenSequence> sequences) {
      this.name = name;
      this.sequences = sequences;
    }

    void extraction(@Nullable MetricResult before, @Nullable MetricResult after) {
      extractionBefore = before == null ? Double.NaN : before.value();
      extractionAfter = after == null ? Double.NaN : after.value();
    }
  }

  @CanIgnoreReturnValue
  Row row(String name, List<TokenSequence> sequences) {
    Row row = new Row(name, sequences);
    rows.add(row);
    return row;
  }

  void before() {
    rows.forEach(row -> row.before = measure(row));
  }

  void after() {
    rows.forEach(row -> row.after = measure(row));
  }

  private double[] measure(Row row) {
    return List.<Metric>of(MemorizationAccuracy.of(), Perplexity.of()).stream()
        .mapToDouble(metric -> metric.measure(model, row.sequences).value())
        .toArray();
  }

  void print(PrintStream out) {
    int width = rows.stream().mapToInt(row -> row.name.length()).max().orElse(0);
    String name = "%-" + width + "s";
    out.printf(
        Locale.ROOT,
        name + "  %18s  %18s  %20s%n",
        "",
        extractionHeader + " before after",
        "MA before after",
        "perplexity before after");
    for (Row row : rows) {
      out.printf(
          Locale.ROOT,
          name + "  %11s %6s  %11.3f %6.3f  %14.2f %8.2f%n",
          row.name,
          share(row.extractionBefore),
          share(row.extractionAfter),
          row.before[0],
          row.after[0],
          row.before[1],
          row.after[1]);
    }
  }

  private static String share(double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.3f", value);
  }
}
