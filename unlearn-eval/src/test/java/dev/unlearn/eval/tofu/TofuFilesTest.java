package dev.unlearn.eval.tofu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TofuFilesTest {
  private static final String PERTURBED =
      "{\"question\":\"Who?\",\"answer\":\"Ann\",\"paraphrased_answer\":\"It is Ann\","
          + "\"perturbed_answer\":[\"It is Bob\",\"It is Eve\"],\"other\":1}";

  @TempDir private Path folder;

  private Path file(String... lines) throws IOException {
    return Files.write(folder.resolve("set.json"), List.of(lines));
  }

  @Test
  void questions_perturbed() throws IOException {
    List<TofuItem> items = TofuFiles.questions(file(PERTURBED, PERTURBED));
    assertThat(items).hasSize(2);
    TofuItem item = items.get(1);
    assertThat(item.qa().question()).isEqualTo("Who?");
    assertThat(item.qa().answer()).isEqualTo("Ann");
    assertThat(item.qa().unit()).isEqualTo("question 1");
    assertThat(item.paraphrasedAnswer()).contains("It is Ann");
    assertThat(item.perturbedAnswers()).containsExactly("It is Bob", "It is Eve");
    assertThat(item)
        .hasToString("TofuItem[qa=QaItem[question=4 chars, answer=3 chars], perturbedAnswers=2]");
  }

  @Test
  void questions_options() throws IOException {
    TofuItem item =
        TofuFiles.questions(
                file(
                    "{\"question\":\"Who?\",\"option1\":\"Bob\",\"option2\":\"Ann\",\"option3\":\"Eve\","
                        + "\"answer\":\"Ann\"}"))
            .get(0);
    assertThat(item.perturbedAnswers()).containsExactly("Bob", "Eve");
    assertThat(item.paraphrasedAnswer()).isEmpty();
  }

  @Test
  void questions_plainAndOneWrong() throws IOException {
    List<TofuItem> items =
        TofuFiles.questions(
            file(
                "{\"question\":\"Who?\",\"answer\":\"Ann\"}",
                "{\"question\":\"Who?\",\"answer\":\"Ann\",\"perturbed_answer\":\"Bob\"}"));
    assertThat(items.get(0).perturbedAnswers()).isEmpty();
    assertThat(items.get(1).perturbedAnswers()).containsExactly("Bob");
  }

  @Test
  void authors_twentyEach() throws IOException {
    List<TofuItem> items =
        TofuFiles.authors(file(Collections.nCopies(40, PERTURBED).toArray(String[]::new)));
    assertThat(items.get(19).qa().unit()).isEqualTo("author 0");
    assertThat(items.get(20).qa().unit()).isEqualTo("author 1");
  }

  @Test
  void authors_notTwentyEach() throws IOException {
    Path file = file(Collections.nCopies(30, PERTURBED).toArray(String[]::new));
    assertThatThrownBy(() -> TofuFiles.authors(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("set.json must hold 20 questions on each author, but holds 30 questions");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{\"question\":\"secret\"}; must have the field 'answer', but has not",
        "{\"question\":\"secret\",\"answer\":7}; 'answer' must be text, but is not",
        "{\"question\":\"\",\"answer\":\"secret\"}; 'question' must not be empty, but is",
        "{\"question\":\"secret\",\"answer\":\"secret\",\"perturbed_answer\":[]};"
            + " 'perturbed_answer' must not be empty, but is",
        "{\"question\":\"secret\",\"answer\":\"secret\",\"perturbed_answer\":[\"secret\",null]};"
            + " 'perturbed_answer' must be text, but is not",
        "{\"question\":\"secret\",\"answer\":\"secret\",\"paraphrased_answer\":{}};"
            + " 'paraphrased_answer' must be text, but is not",
        "{\"question\":\"secret\",\"answer\":\"secret\",\"option1\":\"x\",\"option2\":\"y\"};"
            + " 'answer' must be one of the 2 options, but is not",
        "[\"secret\"]; must be one JSON object, but is not",
        "{\"question\":\"secret\"} {}; must be one JSON object, but is not",
        "{\"question\":secret}; must be one JSON object, but is not",
        "{\"question\":\"secret; must be one JSON object, but is not",
        "``; must be one JSON object, but is not"
      })
  void questions_badLine(String line, String reason) throws IOException {
    Path file = file(PERTURBED, line);
    assertThatThrownBy(() -> TofuFiles.questions(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("set.json, line 2: " + reason)
        .satisfies(
            thrown -> {
              for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                assertThat(cause.getMessage()).doesNotContain("secret");
              }
            });
  }

  @Test
  void questions_empty() throws IOException {
    Path file = file();
    assertThatThrownBy(() -> TofuFiles.questions(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("set.json must hold at least one line, but is empty");
  }

  @Test
  void questions_notUtf8() throws IOException {
    Path file =
        Files.write(
            folder.resolve("latin.json"),
            "{\"question\":\"Grüße\",\"answer\":\"x\"}".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> TofuFiles.questions(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("latin.json must be UTF-8, but is not");
  }

  @Test
  void questions_missing() {
    Path none = folder.resolve("none.json");
    assertThatThrownBy(() -> TofuFiles.questions(none))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot read the file " + none)
        .hasCauseInstanceOf(IOException.class);
  }
}
