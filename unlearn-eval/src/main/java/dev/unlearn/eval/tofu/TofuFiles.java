package dev.unlearn.eval.tofu;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.qa.QaItem;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads files of the TOFU benchmark: UTF-8, a JSON object on each line, with the fields
 *
 * <ul>
 *   <li>{@code question} and {@code answer}, strings;
 *   <li>{@code paraphrased_answer}, a string, optional;
 *   <li>{@code perturbed_answer}, a string or an array of strings, optional; or {@code option1},
 *       {@code option2} and so on, of which all but the answer are the wrong ones.
 * </ul>
 *
 * <p>Other fields do not count. A bad line is named with the reason and never shown, and nothing of
 * its file is returned.
 */
public final class TofuFiles {
  /** How many questions in a row are about the same fictitious author. */
  public static final int QUESTIONS_PER_AUTHOR = 20;

  private TofuFiles() {}

  /**
   * Reads questions about fictitious authors, {@value #QUESTIONS_PER_AUTHOR} in a row about each:
   * {@code full}, {@code forget01}, {@code retain_perturbed} and their like. The unit of an item is
   * its author, {@code "author 0"} being the file's first.
   *
   * @throws IllegalArgumentException if a line is bad, or the number of lines is no multiple of
   *     {@value #QUESTIONS_PER_AUTHOR}
   * @throws UnlearningException if the file cannot be read
   */
  public static List<TofuItem> authors(Path file) {
    List<TofuItem> items = read(file, "author ", QUESTIONS_PER_AUTHOR);
    checkArgument(
        items.size() % QUESTIONS_PER_AUTHOR == 0,
        "%s must hold %s questions on each author, but holds %s questions",
        file.getFileName(),
        QUESTIONS_PER_AUTHOR,
        items.size());
    return items;
  }

  /**
   * Reads questions that have nothing to do with one another: {@code real_authors}, {@code
   * world_facts} and their like. Each is a unit of its own.
   *
   * @throws IllegalArgumentException if a line is bad
   * @throws UnlearningException if the file cannot be read
   */
  public static List<TofuItem> questions(Path file) {
    return read(file, "question ", 1);
  }

  private static List<TofuItem> read(Path file, String unitName, int unitSize) {
    List<String> lines = lines(file);
    List<TofuItem> items = new ArrayList<>(lines.size());
    for (int index = 0; index < lines.size(); index++) {
      try {
        items.add(item(TofuLine.parse(lines.get(index)), unitName + index / unitSize));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            file.getFileName() + ", line " + (index + 1) + ": " + e.getMessage(), e);
      }
    }
    checkArgument(
        !items.isEmpty(), "%s must hold at least one line, but is empty", file.getFileName());
    return List.copyOf(items);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file.getFileName() + " must be UTF-8, but is not", e);
    } catch (IOException e) {
      throw new UnlearningException("cannot read the file " + file, e);
    }
  }

  private static TofuItem item(TofuLine line, String unit) {
    QaItem qa = QaItem.of(line.text("question"), line.text("answer"), unit);
    Optional<String> paraphrase =
        line.has("paraphrased_answer")
            ? Optional.of(line.text("paraphrased_answer"))
            : Optional.empty();
    return TofuItem.of(qa, paraphrase, line.wrongAnswers());
  }
}
