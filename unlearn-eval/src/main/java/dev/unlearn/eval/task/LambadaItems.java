package dev.unlearn.eval.task;

import java.util.Optional;

/** LAMBADA: a passage whose last word can be known from all of it. */
final class LambadaItems {
  private LambadaItems() {}

  static Optional<ContinuationItem> read(Row row, Variant variant) {
    Request request = request(row);
    if (request.context().isBlank() || request.continuation().isBlank()) {
      throw row.bad("must have a word and something before it");
    }
    ContinuationItem item = ContinuationItem.of(request);
    return Optional.of(variant == Variant.PAPER ? item.inPaper() : item);
  }

  private static Request request(Row row) {
    if (row.has("context", "continuation")) {
      return new Request(row.text("context"), " " + row.text("continuation"));
    }
    if (row.has("text")) {
      String text = row.text("text");
      int space = text.lastIndexOf(' ');
      return new Request(text.substring(0, Math.max(0, space)), " " + text.substring(space + 1));
    }
    throw row.unknown("text; or context, continuation");
  }
}
