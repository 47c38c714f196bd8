package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("engine")
final class TextFileTest {
  private static TrainableCausalLm model;

  @TempDir Path folder;

  @BeforeAll
  static void createModel() {
    model = SmallModel.create(1);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @Test
  void read_lines() throws IOException {
    assertThat(read("forget.txt", "abc\n\n b\n"))
        .containsExactly(model.tokenizer().encode("abc"), model.tokenizer().encode(" b"));
  }

  @Test
  void read_jsonLines() throws IOException {
    String lines =
        """
        {"text": "abc", "promptLength": 1, "name": "case 7", "domain": "mail"}
        {"ids": [3, 1, 4]}
        """;
    assertThat(read("forget.jsonl", lines))
        .containsExactly(
            model
                .tokenizer()
                .encode("abc")
                .withName("case 7")
                .withDomain("mail")
                .withPromptLength(1),
            TokenSequence.of(3, 1, 4));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Ada Quill 4711|must be a JSON object",
        "[\"Ada Quill 4711\"]|must be a JSON object",
        "{\"name\": \"Ada Quill 4711\"}|must have either \"text\" or \"ids\"",
        "{\"text\": \"Ada Quill 4711\", \"ids\": [1]}|must have either \"text\" or \"ids\"",
        "{\"text\": [\"Ada Quill 4711\"]}|\"text\" must be a string",
        "{\"ids\": \"Ada Quill 4711\"}|\"ids\" must be a list of integers",
        "{\"ids\": [1, \"Ada Quill 4711\"]}|\"ids\" must hold integers only",
        "{\"ids\": [1, 1.5]}|\"ids\" must hold integers only",
        "{\"ids\": [1, 4294967296]}|\"ids\" must hold integers only",
        "{\"text\": \"abc\", \"promptLength\": \"Quill 4711\"}|\"promptLength\" must hold integers"
            + " only",
        "{\"text\": \"abc\", \"promptLength\": 3}|promptLength must be in [0, 3), but was: 3",
        "{\"text\": \"abc\", \"Ada Quill 4711\": 3}|must have no keys but \"text\" or \"ids\","
            + " \"name\", \"domain\" and \"promptLength\"",
        "{\"text\": \"Ada é 4711\"}|the tokenizer has no token for what stands at character 4"
      })
  void read_badLine(String line, String message) {
    assertThatThrownBy(() -> read("forget.jsonl", "{\"text\": \"fine\"}\n" + line + "\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(folder.resolve("forget.jsonl") + ", line 2: " + message);
  }

  @Test
  void read_longerThanTheContext() {
    int context = model.contextLength();
    assertThatThrownBy(() -> read("forget.txt", "ab\n\n" + "a".repeat(context + 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            folder.resolve("forget.txt")
                + ", line 3: must have at most %s tokens, the model's context length, but has %s"
                    .formatted(context, context + 1));
  }

  @Test
  void read_afterAByteOrderMark() throws IOException {
    assertThat(read("forget.txt", "\uFEFFabc\nb\n"))
        .containsExactly(model.tokenizer().encode("abc"), model.tokenizer().encode("b"));
    assertThat(read("forget.jsonl", "\uFEFF{\"ids\": [3, 1]}\n"))
        .containsExactly(TokenSequence.of(3, 1));
  }

  @Test
  void read_noFile() {
    Path missing = folder.resolve("missing.txt");
    assertThatThrownBy(() -> TextFile.read(missing, model))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("file must exist, but there is no: " + missing);
  }

  @Test
  void read_empty() {
    assertThatThrownBy(() -> read("forget.txt", "\n\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(folder.resolve("forget.txt") + " must hold at least one text, but holds none");
  }

  private List<TokenSequence> read(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.writeString(file, content);
    return TextFile.read(file, model);
  }
}
