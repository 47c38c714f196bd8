package dev.unlearn.eval.task;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** HellaSwag: a scene and four ways it may go on. */
final class HellaSwagItems {
  /** What WikiHow's articles left behind. */
  private static final Pattern BRACKETS = Pattern.compile("\\[.*?\\]", Pattern.UNIX_LINES);

  private HellaSwagItems() {}

  static Optional<ChoiceItem> read(Row row, Variant variant) {
    if (row.has("ctx", "endings", "label")) {
      List<String> endings = row.texts("endings");
      int gold = row.index("label", endings.size());
      ChoiceItem item =
          variant == Variant.PAPER ? paper(row, endings, gold) : item(row, endings, gold);
      return Optional.of(
          row.has("source_id") ? item.inUnit(row.unit(row.text("source_id"))) : item);
    }
    if (row.has("query", "choices", "gold")) {
      if (variant == Variant.PAPER) {
        throw row.bad("the paper variant needs the fields ctx, endings, label");
      }
      List<String> choices = row.texts("choices");
      return Optional.of(
          ChoiceItem.of(row.text("query"), choices, row.index("gold", choices.size())));
    }
    throw row.unknown("activity_label, ctx_a, ctx_b, ctx, endings, label; or query, choices, gold");
  }

  private static ChoiceItem item(Row row, List<String> endings, int gold) {
    // The second part may be empty, which no other text here may be.
    String second = row.has("ctx_b") && row.isEmpty("ctx_b") ? "" : row.text("ctx_b");
    String context =
        row.text("activity_label") + ": " + row.text("ctx_a") + " " + PythonText.capitalize(second);
    List<String> tidy = endings.stream().map(HellaSwagItems::tidied).toList();
    return ChoiceItem.of(tidied(context), tidy, gold);
  }

  private static ChoiceItem paper(Row row, List<String> endings, int gold) {
    String context = row.text("ctx");
    return ChoiceItem.ofRequests(
            endings.stream().map(ending -> new Request(context, " " + ending)).toList(), gold)
        .inPaper();
  }

  static String tidied(String text) {
    String stripped = PythonText.strip(text).replace(" [title]", ". ");
    return BRACKETS.matcher(stripped).replaceAll("").replace("  ", " ");
  }
}
