package dev.unlearn.eval.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Questions whose answers are read after "Answer:": ARC, PIQA, MathQA. */
final class QuestionItems {
  private static final String MOSAIC_PREFIX = "Question: ";
  private static final String MOSAIC_ANSWER = "\nAnswer:";

  /** Five choices in one text, {@code "a ) 1 , b ) 2 , ... e ) 5"}; a point is not a new line. */
  private static final Pattern MATH_CHOICE =
      Pattern.compile("[abcd] \\) .*?, |e \\) .*?$", Pattern.UNIX_LINES);

  private static final Pattern LETTERED = Pattern.compile("[A-Z]\\. (.*)", Pattern.DOTALL);

  private QuestionItems() {}

  static Optional<ChoiceItem> readArc(Row row, Variant variant) {
    if (row.has("question", "choices", "answerKey")) {
      Row choices = row.inner("choices");
      List<String> texts = choices.texts("text");
      int gold = row.indexIn("answerKey", choices.texts("label"));
      return variant == Variant.PAPER && texts.size() != 4
          ? Optional.empty()
          : item(row, row.text("question"), texts, gold, " ", variant);
    }
    if (row.has("query", "choices", "gold")) {
      return mosaic(row, mosaicQuestion(row, ""), " ", variant);
    }
    throw row.unknown("question, choices, answerKey; or query, choices, gold");
  }

  static Optional<ChoiceItem> readPiqa(Row row, Variant variant) {
    if (row.has("goal", "sol1", "sol2", "label")) {
      List<String> choices = List.of(row.text("sol1"), row.text("sol2"));
      return item(row, row.text("goal"), choices, row.index("label", 2), " ", variant);
    }
    if (row.has("query", "choices", "gold")) {
      return mosaic(row, mosaicQuestion(row, "\n"), " ", variant);
    }
    throw row.unknown("goal, sol1, sol2, label; or query, choices, gold");
  }

  static Optional<ChoiceItem> readMathQa(Row row, Variant variant) {
    if (row.has("Problem", "options", "correct")) {
      List<String> choices = mathChoices(row.text("options"));
      int gold = row.indexIn("correct", List.of("a", "b", "c", "d", "e"));
      return item(row, row.text("Problem"), choices, gold, "", variant);
    }
    if (row.has("query", "choices", "gold")) {
      return lettered(row, variant);
    }
    throw row.unknown("Problem, options, correct; or query, choices, gold");
  }

  static List<String> mathChoices(String options) {
    List<String> choices = new ArrayList<>();
    Matcher matcher = MATH_CHOICE.matcher(options);
    while (matcher.find()) {
      choices.add(matcher.group().substring(4).replaceFirst("[ ,]+$", ""));
    }
    return choices;
  }

  /** Takes the choices' texts from the query, where the choices are letters. */
  private static Optional<ChoiceItem> lettered(Row row, Variant variant) {
    List<String> letters = row.texts("choices");
    String query = mosaicQuestion(row, MOSAIC_ANSWER + " ");
    List<String> choices = new ArrayList<>();
    for (int i = letters.size() - 1; i >= 0; i--) {
      int at = query.lastIndexOf("\n" + letters.get(i) + ". ");
      Matcher choice = LETTERED.matcher(query.substring(Math.max(0, at + 1)));
      if (at < 0 || !choice.matches()) {
        throw row.bad("field 'query' must list the choices, each on a line after its letter");
      }
      choices.add(0, choice.group(1));
      query = query.substring(0, at);
    }
    return item(row, query, choices, row.index("gold", choices.size()), "", variant);
  }

  private static String mosaicQuestion(Row row, String end) {
    String query = row.text("query");
    if (!query.startsWith(MOSAIC_PREFIX)
        || !query.endsWith(end)
        || query.length() <= MOSAIC_PREFIX.length() + end.length()) {
      throw row.bad("field 'query' must be of the form that llm-foundry gives it");
    }
    return query.substring(MOSAIC_PREFIX.length(), query.length() - end.length());
  }

  private static Optional<ChoiceItem> mosaic(
      Row row, String question, String paperSpace, Variant variant) {
    List<String> choices = row.texts("choices");
    return item(row, question, choices, row.index("gold", choices.size()), paperSpace, variant);
  }

  private static Optional<ChoiceItem> item(
      Row row,
      String question,
      List<String> choices,
      int gold,
      String paperSpace,
      Variant variant) {
    if (choices.size() < 2 || gold >= choices.size()) {
      throw row.bad(
          "must have two choices or more and the true one among them, but has " + choices.size());
    }
    if (variant == Variant.PAPER) {
      List<Request> requests =
          choices.stream().map(choice -> new Request(question, paperSpace + choice)).toList();
      return Optional.of(ChoiceItem.ofRequests(requests, gold).inPaper());
    }
    return Optional.of(ChoiceItem.of("Question: " + question + "\nAnswer:", choices, gold));
  }
}
