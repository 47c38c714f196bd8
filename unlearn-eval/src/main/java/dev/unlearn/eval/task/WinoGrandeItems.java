package dev.unlearn.eval.task;

import java.util.List;
import java.util.Optional;

/**
 * WinoGrande: a sentence with a blank, and two who may stand there. Only what follows the blank is
 * scored, after either; the paper's variant scores from the blank on.
 */
final class WinoGrandeItems {
  private WinoGrandeItems() {}

  static Optional<ChoiceItem> read(Row row, Variant variant) {
    if (row.has("sentence", "option1", "option2", "answer")) {
      String sentence = row.text("sentence");
      int blank = sentence.indexOf('_');
      if (blank < 0) {
        throw row.bad("field 'sentence' must have a blank, '_'");
      }
      List<String> options = List.of(row.text("option1"), row.text("option2"));
      int gold = row.indexIn("answer", List.of("1", "2"));
      String before = sentence.substring(0, blank);
      String after = sentence.substring(blank + 1);
      String unit = row.unit(before);
      if (variant == Variant.PAPER) {
        return paper(row, before, options, after, gold, unit);
      }
      return item(row, options.stream().map(option -> before + option).toList(), after, gold, unit);
    }
    if (row.has("context_options", "continuation", "gold")) {
      if (variant == Variant.PAPER) {
        throw row.bad("the paper variant needs the fields sentence, option1, option2, answer");
      }
      List<String> contexts = row.texts("context_options");
      int gold = row.index("gold", 2);
      String unit = row.unit(String.join("\n", contexts));
      return item(row, contexts, row.text("continuation"), gold, unit);
    }
    throw row.unknown("sentence, option1, option2, answer; or context_options, continuation, gold");
  }

  private static Optional<ChoiceItem> item(
      Row row, List<String> contexts, String rest, int gold, String unit) {
    String continuation = PythonText.strip(rest);
    if (contexts.size() != 2 || continuation.isEmpty()) {
      throw row.bad("must have two options and something that follows them");
    }
    List<Request> requests =
        contexts.stream().map(context -> new Request(context, " " + continuation)).toList();
    return Optional.of(ChoiceItem.ofRequests(requests, gold).inUnit(unit));
  }

  private static Optional<ChoiceItem> paper(
      Row row, String before, List<String> options, String after, int gold, String unit) {
    if (before.length() < 2 || !before.endsWith(" ")) {
      throw row.bad("field 'sentence' must have text and a space before the blank");
    }
    String context = before.substring(0, before.length() - 1);
    List<Request> requests =
        options.stream().map(option -> new Request(context, " " + option + after)).toList();
    return Optional.of(ChoiceItem.ofRequests(requests, gold).inPaper().inUnit(unit));
  }
}
