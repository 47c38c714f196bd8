package dev.unlearn.examples.docs;

import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Draws the table that the Quickstart prints: of each group extraction likelihood and memorization
 * accuracy, before and after, as bars from 0 to 1.
 */
final class BeforeAfterFigure {
  private static final Pattern ROW =
      Pattern.compile("(?m)^(\\d+ [a-z ]+?) {2,}(\\d\\.\\d{3}[\\d. ]+)$");
  private static final int NUMBERS_WITH_EXTRACTION = 6;

  private static final int WIDTH = 740;
  private static final int FIRST_ROW = 74;
  private static final int ROW_HEIGHT = 46;
  private static final int BAR_HEIGHT = 14;
  private static final int FULL_BAR = 190;
  private static final int EXTRACTION_X = 230;
  private static final int ACCURACY_X = 490;
  private static final String BEFORE = "#a3adb8";
  private static final String AFTER = "#1b6ca8";

  private final StringBuilder svg = new StringBuilder();

  private BeforeAfterFigure() {}

  /** Returns an SVG of the table in a page. */
  static String svg(String page) {
    return new BeforeAfterFigure().draw(ROW.matcher(page).results().toList());
  }

  private String draw(List<MatchResult> rows) {
    add(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d"
          font-family="sans-serif" font-size="13" fill="#24292f">
        <title>Extraction likelihood and memorization accuracy before and after forgetting</title>
        <rect width="100%%" height="100%%" rx="8" fill="#ffffff"/>
        """,
        WIDTH, FIRST_ROW + ROW_HEIGHT * rows.size() + 4);
    legend(16, BEFORE, "before");
    legend(96, AFTER, "after");
    heading(EXTRACTION_X, "recited when asked", "extraction likelihood, EL");
    heading(ACCURACY_X, "next token guessed right", "memorization accuracy, MA");
    int y = FIRST_ROW;
    for (MatchResult row : rows) {
      add("<text x=\"16\" y=\"%d\">%s</text>\n", y + 19, row.group(1));
      List<Double> numbers =
          Stream.of(row.group(2).strip().split(" +")).map(Double::valueOf).toList();
      boolean extraction = numbers.size() == NUMBERS_WITH_EXTRACTION;
      if (extraction) {
        bars(EXTRACTION_X, y, numbers.subList(0, 2));
      } else {
        add("<text x=\"%d\" y=\"%d\" fill=\"#6e7781\">not measured</text>\n", EXTRACTION_X, y + 19);
      }
      int first = extraction ? 2 : 0;
      bars(ACCURACY_X, y, numbers.subList(first, first + 2));
      y += ROW_HEIGHT;
    }
    return svg.append("</svg>\n").toString();
  }

  private void legend(int x, String colour, String text) {
    add(
        "<rect x=\"%d\" y=\"21\" width=\"12\" height=\"12\" fill=\"%s\"/>"
            + "<text x=\"%d\" y=\"32\">%s</text>\n",
        x, colour, x + 18, text);
  }

  private void heading(int x, String words, String name) {
    add(
        "<text x=\"%1$d\" y=\"28\" font-weight=\"bold\">%2$s</text>"
            + "<text x=\"%1$d\" y=\"46\" fill=\"#57606a\">%3$s</text>\n",
        x, words, name);
  }

  private void bars(int x, int y, List<Double> beforeAndAfter) {
    bar(x, y, beforeAndAfter.get(0), BEFORE);
    bar(x, y + BAR_HEIGHT, beforeAndAfter.get(1), AFTER);
  }

  private void bar(int x, int y, double value, String colour) {
    double length = FULL_BAR * value;
    add(
        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>"
            + "<text x=\"%.1f\" y=\"%d\" font-size=\"11\">%.2f</text>\n",
        x, y, length, BAR_HEIGHT - 1, colour, x + length + 5, y + 11, value);
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values));
  }
}
