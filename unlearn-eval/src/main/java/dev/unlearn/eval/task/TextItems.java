package dev.unlearn.eval.task;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** Plain text, and WikiText, whose tokens stand apart. */
final class TextItems {
  private static final List<Replacement> TIDYING =
      List.of(
          literal("s '", "s'"),
          pattern("/' [0-9]/", "/'[0-9]/"), // a slip of the harness, kept
          literal(" @-@ ", "-"),
          literal(" @,@ ", ","),
          literal(" @.@ ", "."),
          literal(" : ", ": "),
          literal(" ; ", "; "),
          literal(" . ", ". "),
          literal(" ! ", "! "),
          literal(" ? ", "? "),
          literal(" , ", ", "),
          pattern("\\(\\s*([^\\)]*?)\\s*\\)", "($1)"),
          pattern("\\[\\s*([^\\]]*?)\\s*\\]", "[$1]"),
          pattern("\\{\\s*([^}]*?)\\s*\\}", "{$1}"),
          pattern("\"\\s*([^\"]*?)\\s*\"", "\"$1\""),
          pattern("'\\s*([^']*?)\\s*'", "'$1'"),
          literal("= = = =", "===="),
          literal("= = =", "==="),
          literal("= =", "=="),
          literal(" \u00b0 ", "\u00b0"),
          literal(" \n", "\n"),
          literal("\n ", "\n"),
          literal(" N ", " 1 "),
          literal(" 's", "'s"));

  private TextItems() {}

  private record Replacement(Pattern pattern, String by) {}

  private static Replacement literal(String text, String by) {
    return new Replacement(Pattern.compile(text, Pattern.LITERAL), by);
  }

  private static Replacement pattern(String regex, String by) {
    return new Replacement(Pattern.compile(regex, Pattern.UNICODE_CHARACTER_CLASS), by);
  }

  static Optional<TextItem> read(Row row, Variant variant) {
    String text = text(row);
    return Optional.of(inUnit(row, inVariant(TextItem.of(text), variant)));
  }

  static Optional<TextItem> readWikiText(Row row, Variant variant) {
    String text = text(row);
    TextItem item =
        variant == Variant.PAPER ? TextItem.of(text).inPaper() : TextItem.of(tidied(text), text);
    return Optional.of(inUnit(row, item));
  }

  private static String text(Row row) {
    if (!row.has("text") && !row.has("page")) {
      throw row.unknown("text; or page");
    }
    return row.text(row.has("text") ? "text" : "page");
  }

  private static TextItem inVariant(TextItem item, Variant variant) {
    return variant == Variant.PAPER ? item.inPaper() : item;
  }

  private static TextItem inUnit(Row row, TextItem item) {
    return row.has("doc_id") ? item.inUnit(row.unit(row.word("doc_id"))) : item;
  }

  /** Undoes what WikiText's makers did to the spaces. */
  static String tidied(String text) {
    String result = text;
    for (Replacement replacement : TIDYING) {
      result = replacement.pattern().matcher(result).replaceAll(replacement.by());
    }
    return result;
  }
}
