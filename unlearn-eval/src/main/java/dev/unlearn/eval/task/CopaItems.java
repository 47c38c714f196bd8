package dev.unlearn.eval.task;

import java.util.List;
import java.util.Optional;

/** COPA: a premise, and which of two sentences is its cause or effect. */
final class CopaItems {
  private static final String BECAUSE = "because";
  private static final String THEREFORE = "therefore";

  private CopaItems() {}

  static Optional<ChoiceItem> read(Row row, Variant variant) {
    if (row.has("premise", "choice1", "choice2", "question", "label")) {
      List<String> choices = List.of(row.text("choice1"), row.text("choice2"));
      int gold = row.index("label", 2);
      String connector =
          row.indexIn("question", List.of("cause", "effect")) == 0 ? BECAUSE : THEREFORE;
      if (variant == Variant.PAPER) {
        String premise = row.text("premise");
        List<Request> requests = choices.stream().map(c -> new Request(premise, " " + c)).toList();
        return Optional.of(ChoiceItem.ofRequests(requests, gold).inPaper());
      }
      String premise = PythonText.strip(row.text("premise"));
      return item(
          premise.substring(0, Math.max(0, premise.length() - 1)), connector, choices, gold);
    }
    if (row.has("query", "choices", "gold")) {
      return mosaic(row, variant);
    }
    throw row.unknown("premise, choice1, choice2, question, label; or query, choices, gold");
  }

  private static Optional<ChoiceItem> mosaic(Row row, Variant variant) {
    if (variant == Variant.PAPER) {
      throw row.bad("the paper variant needs field 'premise', with its full stop");
    }
    String query = row.text("query");
    List<String> choices = row.texts("choices");
    int gold = row.index("gold", 2);
    for (String connector : List.of(BECAUSE, THEREFORE)) {
      String end = ", " + connector;
      if (query.endsWith(end) && choices.size() == 2) {
        return item(query.substring(0, query.length() - end.length()), connector, choices, gold);
      }
    }
    throw row.bad("field 'query' must end with ', because' or ', therefore' and have two choices");
  }

  /** Choices follow two spaces: the harness's task and the harness itself each put one. */
  private static Optional<ChoiceItem> item(
      String premise, String connector, List<String> choices, int gold) {
    String context = premise + " " + connector;
    List<Request> requests =
        choices.stream()
            .map(choice -> new Request(context, "  " + PythonText.lowerFirst(choice)))
            .toList();
    return Optional.of(ChoiceItem.ofRequests(requests, gold));
  }
}
