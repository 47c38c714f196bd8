package dev.unlearn.eval.task;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads the texts of one array out of a dictionary that Python printed: {@code {'contexts':
 * array(['one', "two"], dtype=object), ...}}, as pandas leaves it in CSV.
 */
final class PythonArray {
  private final Row row;
  private final String name;
  private final String text;
  private int at;

  private PythonArray(Row row, String name) {
    this.row = row;
    this.name = name;
    this.text = row.text(name);
  }

  static List<String> texts(Row row, String name, String key) {
    return new PythonArray(row, name).texts("{'" + key + "': array([");
  }

  private List<String> texts(String opening) {
    if (!text.startsWith(opening)) {
      throw bad();
    }
    at = opening.length();
    List<String> texts = new ArrayList<>();
    while (true) {
      texts.add(literal());
      skipSpaces();
      char next = take();
      if (next == ']') {
        return texts;
      }
      if (next != ',') {
        throw bad();
      }
      skipSpaces();
    }
  }

  private String literal() {
    char quote = take();
    if (quote != '\'' && quote != '"') {
      throw bad();
    }
    StringBuilder literal = new StringBuilder();
    for (char next = take(); next != quote; next = take()) {
      if (next == '\\') {
        escaped(literal);
      } else {
        literal.append(next);
      }
    }
    return literal.toString();
  }

  private void escaped(StringBuilder literal) {
    char kind = take();
    switch (kind) {
      case 'n' -> literal.append('\n');
      case 't' -> literal.append('\t');
      case 'r' -> literal.append('\r');
      case 'x' -> literal.appendCodePoint(hexadecimal(2));
      case 'u' -> literal.appendCodePoint(hexadecimal(4));
      case 'U' -> literal.appendCodePoint(hexadecimal(8));
      case '\\', '\'', '"' -> literal.append(kind);
      default -> throw bad();
    }
  }

  private int hexadecimal(int digits) {
    String number = text.substring(at, Math.min(text.length(), at + digits));
    at += digits;
    if (!number.matches("[0-9a-fA-F]{" + digits + "}")
        || !Character.isValidCodePoint((int) Long.parseLong(number, 16))) {
      throw bad();
    }
    return (int) Long.parseLong(number, 16);
  }

  private char take() {
    if (at >= text.length()) {
      throw bad();
    }
    return text.charAt(at++);
  }

  private void skipSpaces() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private IllegalArgumentException bad() {
    return row.bad("field '" + name + "' must be a printed dictionary that begins with 'contexts'");
  }
}
