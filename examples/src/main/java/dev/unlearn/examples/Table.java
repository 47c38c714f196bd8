package dev.unlearn.examples;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.ExtractionLikelihood;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.spi.CausalLm;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A before/after table of extraction likelihood, memorization accuracy and perplexity. */
final class Table {
  private final CausalLm model;
  private final int order;
  private final List<Row> rows = new ArrayList<>();

  Table(CausalLm model, int order) {
    this.model = model;
    this.order = order;
  }

  /** Adds a row; extraction likelihood is measured only where asked for. */
  void row(String name, List<TokenSequence> sequences, boolean extraction) {
    rows.add(new Row(name, sequences, extraction));
  }

  void before() {
    rows.forEach(row -> row.before = measure(row));
  }

  void after() {
    rows.forEach(row -> row.after = measure(row));
  }

  private Numbers measure(Row row) {
    return new Numbers(
        row.extraction
            ? ExtractionLikelihood.of(order).measure(model, row.sequences).value()
            : Double.NaN,
        MemorizationAccuracy.of().measure(model, row.sequences).value(),
        Perplexity.of().measure(model, row.sequences).value());
  }

  void print(PrintStream out) {
    int width = rows.stream().mapToInt(row -> row.name.length()).max().orElse(0);
    out.printf(
        Locale.ROOT,
        "%-" + width + "s  %17s  %17s  %21s%n",
        "",
        "EL_" + order + " before  after",
        "MA before  after",
        "perplexity before  after");
    for (Row row : rows) {
      out.printf(
          Locale.ROOT,
          "%-" + width + "s  %s  %9.3f  %6.3f  %15.2f  %7.2f%n",
          row.name,
          row.extraction
              ? String.format(Locale.ROOT, "%10.3f  %6.3f", row.before.el, row.after.el)
              : " ".repeat(18),
          row.before.ma,
          row.after.ma,
          row.before.perplexity,
          row.after.perplexity);
    }
  }

  private record Numbers(double el, double ma, double perplexity) {
    static final Numbers NONE = new Numbers(Double.NaN, Double.NaN, Double.NaN);
  }

  private static final class Row {
    final String name;
    final List<TokenSequence> sequences;
    final boolean extraction;
    Numbers before = Numbers.NONE;
    Numbers after = Numbers.NONE;

    Row(String name, List<TokenSequence> sequences, boolean extraction) {
      this.name = name;
      this.sequences = sequences;
      this.extraction = extraction;
    }
  }
}
