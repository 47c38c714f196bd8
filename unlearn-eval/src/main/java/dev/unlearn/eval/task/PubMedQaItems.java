package dev.unlearn.eval.task;

import java.util.List;
import java.util.Optional;

/** PubMedQA: a question about an abstract. */
final class PubMedQaItems {
  private static final List<String> ANSWERS = List.of("yes", "no", "maybe");
  private static final List<String> PAPER_ANSWERS = List.of("yes", "maybe", "no");
  private static final String MOSAIC_CONTEXT = "Context: ";
  private static final String MOSAIC_QUESTION = "\nQuestion: ";
  private static final String MOSAIC_END = "\nA. yes\nB. no\nC. maybe\nAnswer: ";

  private PubMedQaItems() {}

  static Optional<ChoiceItem> read(Row row, Variant variant) {
    if (variant == Variant.PAPER) {
      return paper(row);
    }
    if (row.has("QUESTION", "CONTEXTS", "final_decision")) {
      return item(row, row.texts("CONTEXTS"), row.text("QUESTION"), "final_decision");
    }
    if (row.has("question", "context", "final_decision")) {
      List<String> contexts =
          row.isObject("context")
              ? row.inner("context").texts("contexts")
              : PythonArray.texts(row, "context", "contexts");
      return item(row, contexts, row.text("question"), "final_decision");
    }
    if (row.has("context", "continuation")) {
      return mosaic(row);
    }
    throw row.unknown(
        "question, context, final_decision; QUESTION, CONTEXTS, final_decision; or context,"
            + " continuation");
  }

  private static Optional<ChoiceItem> mosaic(Row row) {
    String text = row.text("context");
    int question = text.lastIndexOf(MOSAIC_QUESTION);
    if (!text.startsWith(MOSAIC_CONTEXT)
        || !text.endsWith(MOSAIC_END)
        || question < MOSAIC_CONTEXT.length()) {
      throw row.bad("field 'context' must be of the form that llm-foundry gives it");
    }
    return item(
        row,
        List.of(text.substring(MOSAIC_CONTEXT.length(), question)),
        text.substring(question + MOSAIC_QUESTION.length(), text.length() - MOSAIC_END.length()),
        "continuation");
  }

  private static Optional<ChoiceItem> item(
      Row row, List<String> contexts, String question, String answer) {
    String context =
        "Abstract: %s\nQuestion: %s\nAnswer:".formatted(String.join("\n", contexts), question);
    List<Request> requests =
        ANSWERS.stream().map(choice -> new Request(context, " " + choice)).toList();
    return Optional.of(ChoiceItem.ofRequests(requests, row.indexIn(answer, ANSWERS)));
  }

  private static Optional<ChoiceItem> paper(Row row) {
    if (!row.has("abstract", "question", "final_decision")) {
      throw row.bad("the paper variant needs the fields question, abstract, final_decision");
    }
    String context =
        "Context: %s\nQuestion: %s\nAnswer:".formatted(row.text("abstract"), row.text("question"));
    List<Request> requests =
        PAPER_ANSWERS.stream().map(choice -> new Request(context, " " + choice)).toList();
    int gold = row.indexIn("final_decision", PAPER_ANSWERS);
    return Optional.of(ChoiceItem.ofRequests(requests, gold).inPaper());
  }
}
