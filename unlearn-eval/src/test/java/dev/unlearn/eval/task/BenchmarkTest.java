package dev.unlearn.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BenchmarkTest {
  private static final String PIQA =
      "{\"goal\": \"Dry a plate\", \"sol1\": \"Use a towel.\", \"sol2\": \"Use a lake.\","
          + " \"label\": 0}";

  @TempDir Path folder;

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static List<Request> choices(Task task, int index) {
    return ((ChoiceItem) task.items().get(index)).requests();
  }

  @Test
  void load_foundryQuestion() throws IOException {
    Path file =
        file(
            "arc.jsonl",
            "{\"query\": \"Question: Which is warm?\", \"choices\": [\"ice\", \"sun\"], \"gold\": 1}");
    assertThat(choices(Benchmark.ARC_EASY.load(file), 0))
        .containsExactly(
            new Request("Question: Which is warm?\nAnswer:", " ice"),
            new Request("Question: Which is warm?\nAnswer:", " sun"));
    Path piqa =
        file(
            "piqa.jsonl",
            "{\"query\": \"Question: Dry it\\n\", \"choices\": [\"a\", \"b\"], \"gold\": 0}");
    assertThat(choices(Benchmark.PIQA.load(piqa), 0))
        .contains(new Request("Question: Dry it\nAnswer:", " a"));
  }

  @Test
  void load_foundryCopa() throws IOException {
    Path file =
        file(
            "copa.jsonl",
            "{\"query\": \"It rained, therefore\", \"choices\": [\"it was wet.\", \"b.\"], \"gold\":"
                + " 0}");
    assertThat(choices(Benchmark.COPA.load(file), 0))
        .contains(new Request("It rained therefore", "  it was wet."));
    assertThatThrownBy(() -> Benchmark.COPA.load(file, Variant.PAPER))
        .hasMessage(
            "%s, line 1: the paper variant needs field 'premise', with its full stop", file);
  }

  @Test
  void load_foundryMathQa() throws IOException {
    Path file =
        file(
            "math.jsonl",
            "{\"query\": \"Question: 3 + 4 ?\\nA. 7\\nB. \\nC. none\\nAnswer: \", \"choices\":"
                + " [\"A\", \"B\", \"C\"], \"gold\": 0}");
    assertThat(choices(Benchmark.MATH_QA.load(file), 0))
        .containsExactly(
            new Request("Question: 3 + 4 ?\nAnswer:", " 7"),
            new Request("Question: 3 + 4 ?\nAnswer:", " "),
            new Request("Question: 3 + 4 ?\nAnswer:", " none"));
    assertThat(choices(Benchmark.MATH_QA.load(file, Variant.PAPER), 0))
        .contains(new Request("3 + 4 ?", "7"));
  }

  @Test
  void load_foundryWinoGrande() throws IOException {
    String line =
        "{\"context_options\": [\"A saw B so A\", \"A saw B so B\"], \"continuation\": \"%s\","
            + " \"gold\": %d}\n";
    Path file = file("w.jsonl", line.formatted("hid.", 1) + "\n" + line.formatted("ran.", 0));
    Task task = Benchmark.WINOGRANDE.load(file);
    assertThat(choices(task, 0))
        .containsExactly(
            new Request("A saw B so A", " hid."), new Request("A saw B so B", " hid."));
    assertThat(task.items().get(0).unit()).isPresent().isEqualTo(task.items().get(1).unit());
  }

  @Test
  void load_foundryPubMedQa() throws IOException {
    Path file =
        file(
            "p.jsonl",
            "{\"context\": \"Context: A. Mice grew.\\nQuestion: Did they?\\nA. yes\\nB. no\\nC."
                + " maybe\\nAnswer: \", \"continuation\": \"no\"}");
    ChoiceItem item = (ChoiceItem) Benchmark.PUBMED_QA.load(file).items().get(0);
    assertThat(item.requests())
        .contains(new Request("Abstract: A. Mice grew.\nQuestion: Did they?\nAnswer:", " maybe"));
    assertThat(item.gold()).isEqualTo(1);
  }

  @Test
  void load_printedContextOfPubMedQa() throws IOException {
    Path file =
        file(
            "p.csv",
            "pubid,question,context,long_answer,final_decision,abstract\n"
                + "1,Did they?,\"{'contexts': array(['It''s \\xe9, \\'ok\\'.',\n"
                    .replace("''", "\\'")
                + "       \"\"b's\"\"], dtype=object), 'labels': 1}\",x,maybe,First.\n");
    Task task = Benchmark.PUBMED_QA.load(file);
    assertThat(choices(task, 0))
        .contains(
            new Request("Abstract: It's \u00e9, 'ok'.\nb's\nQuestion: Did they?\nAnswer:", " yes"));
    assertThat(choices(Benchmark.PUBMED_QA.load(file, Variant.PAPER), 0))
        .containsExactly(
            new Request("Context: First.\nQuestion: Did they?\nAnswer:", " yes"),
            new Request("Context: First.\nQuestion: Did they?\nAnswer:", " maybe"),
            new Request("Context: First.\nQuestion: Did they?\nAnswer:", " no"));
  }

  @Test
  void load_lambada() throws IOException {
    Path foundry = file("l.jsonl", "{\"context\": \"She lit the\", \"continuation\": \"lamp\"}");
    Path csv = file("l.csv", "\uFEFFid,text\n7,\"She said \"\"lit\"\" the lamp\"\n");
    assertThat(((ContinuationItem) Benchmark.LAMBADA.load(foundry).items().get(0)).request())
        .isEqualTo(new Request("She lit the", " lamp"));
    assertThat(((ContinuationItem) Benchmark.LAMBADA.load(csv).items().get(0)).request())
        .isEqualTo(new Request("She said \"lit\" the", " lamp"));
  }

  @Test
  void load_dialogues() throws IOException {
    Path file = file("d.json", "{\"text\": {\"0\": [\"hi\", \"hello\", \"how are you\"]}}");
    Task task = Benchmark.EMPATHETIC_DIALOGUES.load(file);
    assertThat(((ReplyItem) task.items().get(0)).request())
        .isEqualTo(new Request("User 1: Hi.\nUser 2: Hello.\nUser 1:", " How are you."));
    task = Benchmark.EMPATHETIC_DIALOGUES.load(file, Variant.PAPER);
    assertThat(((ReplyItem) task.items().get(0)).request().continuation())
        .isEqualTo("How are you.");
  }

  @Test
  void load_folderOfPiqa() throws IOException {
    assertThat(file("valid.jsonl", PIQA.replace(", \"label\": 0", "") + "\n")).exists();
    assertThat(file("valid-labels.lst", "1\n")).exists();
    ChoiceItem item = (ChoiceItem) Benchmark.PIQA.load(folder).items().get(0);
    assertThat(item.gold()).isEqualTo(1);
    Path labels = file("valid-labels.lst", "");
    assertThat(labels).isEmptyFile();
    assertThatThrownBy(() -> Benchmark.PIQA.load(folder))
        .hasMessage("%s, line 1: has no label in valid-labels.lst", folder.resolve("valid.jsonl"));
    // An item was lost: from there on every label would be another's.
    assertThat(file("valid-labels.lst", "1\n0\n\n")).exists();
    assertThatThrownBy(() -> Benchmark.PIQA.load(folder))
        .hasMessage(
            "%s, line 1: is the last, but valid-labels.lst has more labels",
            folder.resolve("valid.jsonl"));
    Files.write(labels, new byte[] {(byte) 0xff});
    assertThatThrownBy(() -> Benchmark.PIQA.load(folder))
        .hasMessage("%s: must be UTF-8, but is not", labels);
    Files.delete(labels);
    assertThatThrownBy(() -> Benchmark.PIQA.load(folder))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("there must be a file at %s", labels);
  }

  @Test
  void load_paperForms() throws IOException {
    Path piqa = file("piqa.jsonl", PIQA);
    assertThat(choices(Benchmark.PIQA.load(piqa, Variant.PAPER), 0))
        .contains(new Request("Dry a plate", " Use a towel."));
    Path wino =
        file(
            "w.jsonl",
            "{\"sentence\": \"A saw B so _ hid.\", \"option1\": \"A\", \"option2\": \"B\","
                + " \"answer\": \"2\"}");
    assertThat(choices(Benchmark.WINOGRANDE.load(wino, Variant.PAPER), 0))
        .containsExactly(
            new Request("A saw B so", " A hid."), new Request("A saw B so", " B hid."));
    Path arc =
        file(
            "a.jsonl",
            "{\"question\": \"Q\", \"choices\": {\"text\": [\"a\", \"b\", \"c\"], \"label\": [\"1\","
                + " \"2\", \"3\"]}, \"answerKey\": \"3\"}");
    assertThatThrownBy(() -> Benchmark.ARC_CHALLENGE.load(arc, Variant.PAPER))
        .hasMessage("%s must have an item that the variant takes", arc);
    assertThat(Benchmark.PIQA.load(piqa, Variant.PAPER).variant()).isEqualTo("paper");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"goal\": \"secret\", |must be well-formed JSON",
        "[1]|must be a JSON object",
        "{} {}|must be well-formed JSON",
        "{\"goal\": \"secret\"}|must have the fields of a known format (goal, sol1, sol2, label; or"
            + " query, choices, gold), but has others",
        "{\"goal\": \"\", \"sol1\": \"secret\", \"sol2\": \"b\", \"label\": 0}|field 'goal' must be"
            + " a text that is not empty",
        "{\"goal\": \"g\", \"sol1\": \"secret\", \"sol2\": 3, \"label\": 0}|field 'sol2' must be a"
            + " text that is not empty",
        "{\"goal\": \"g\", \"sol1\": \"secret\", \"sol2\": \"b\", \"label\": 2}|field 'label' must"
            + " be a whole number in [0, 2)",
        "{\"goal\": \"g\", \"sol1\": \"secret\", \"sol2\": \"b\", \"label\": -1}|field 'label' must"
            + " be a whole number in [0, 2)"
      })
  void load_badLine(String line, String reason) throws IOException {
    Path file = file("bad.jsonl", PIQA + "\n\n" + line + "\n" + PIQA);
    assertThatThrownBy(() -> Benchmark.PIQA.load(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("%s, line 3: %s", file, reason)
        .message()
        .doesNotContain("secret");
  }

  @Test
  void load_badCsv() throws IOException {
    Path file = file("bad.csv", "id,text\n1,\"two\nlines\"\n2\n");
    assertThatThrownBy(() -> Benchmark.PILE.load(file))
        .hasMessage("%s, line 4: must have 2 values, but has 1", file);
    Path quotes = file("quotes.csv", "id,text\n1,ok then\n2,\"secret\" oh\n");
    assertThatThrownBy(() -> Benchmark.PILE.load(quotes))
        .hasMessage("%s, line 3: must be CSV with quotes doubled inside quoted values", quotes);
    Path twice = file("twice.csv", "text,text\na,b\n");
    assertThatThrownBy(() -> Benchmark.PILE.load(twice))
        .hasMessage("%s, line 1: must name every column once", twice);
  }

  @Test
  void load_badJson() throws IOException {
    Path broken = file("broken.json", "{\"text\": {\n\"0\": [\"a\"\n\"b\"]}}");
    assertThatThrownBy(() -> Benchmark.BLENDED_SKILL_TALK.load(broken))
        .hasMessage("%s, line 3: must be well-formed JSON", broken);
    Path other = file("other.json", "{\"turns\": []}");
    assertThatThrownBy(() -> Benchmark.BLENDED_SKILL_TALK.load(other))
        .hasMessage(
            "%s: must be a JSON list of objects, or an object of one 'text' by index", other);
    Path one = file("one.json", "{\"text\": {\"a\": [\"x\", \"y\"], \"b\": [\"x\"]}}");
    assertThatThrownBy(() -> Benchmark.BLENDED_SKILL_TALK.load(one))
        .hasMessage("%s, entry 1: field 'text' must have two turns or more, but has 1", one);
  }

  @Test
  void load_notUtf8() throws IOException {
    Path file = folder.resolve("latin.jsonl");
    Files.write(file, PIQA.replace("plate", "pl\u00e4te").getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> Benchmark.PIQA.load(file))
        .hasMessage("%s, after item 0: must be UTF-8, but is not", file);
  }

  @Test
  void load_nothing() throws IOException {
    Path empty = file("empty.jsonl", "\n \n");
    assertThatThrownBy(() -> Benchmark.PIQA.load(empty))
        .hasMessage("%s must have at least one item, but has none", empty);
    Path missing = folder.resolve("missing.jsonl");
    assertThatThrownBy(() -> Benchmark.PIQA.load(missing))
        .hasMessage("there must be a file at %s", missing);
  }

  @Test
  void named_unknown() {
    assertThat(Benchmark.named("arc_easy")).isEqualTo(Benchmark.ARC_EASY);
    assertThatThrownBy(() -> Benchmark.named("arc"))
        .hasMessageStartingWith("No benchmark named 'arc'; known: lambada, hellaswag, ");
  }

  @Test
  void toString_hasNoText() throws IOException {
    Task task = Benchmark.PIQA.load(file("piqa.jsonl", PIQA));
    assertThat(task + task.items().toString() + choices(task, 0)).doesNotContain("towel");
  }
}
