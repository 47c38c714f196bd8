package dev.unlearn.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.eval.audit.Measurement;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TaskSuiteTest {
  private static final int CONTEXT = 64;

  @TempDir Path folder;

  private record Own(List<? extends TaskItem> items) implements Task {
    @Override
    public String key() {
      return "own";
    }

    @Override
    public String title() {
      return "Own";
    }
  }

  private static Own questions(int count) {
    return new Own(
        IntStream.range(0, count)
            .mapToObj(i -> ChoiceItem.of("question " + i + ":", List.of("a", "bc", "def"), i % 3))
            .toList());
  }

  private static TaskResult run(TaskItem... items) {
    return suite(new Own(List.of(items))).build().run(new FormulaLm(CONTEXT)).get(0);
  }

  private static TaskSuite.Builder suite(Task task) {
    return TaskSuite.builder().task(task);
  }

  @Test
  void run_countsWhatIsCut() {
    // With the space and a choice of one letter, one more than the context.
    String end = "y".repeat(CONTEXT - 1);
    TaskResult whole = run(ChoiceItem.of(end, List.of("a", "b"), 0));
    TaskResult cut = run(ChoiceItem.of("x" + end, List.of("a", "b"), 0));
    assertThat(whole.truncatedCount()).isZero();
    assertThat(cut.truncatedCount()).isEqualTo(1);
    assertThat(cut.items().get(0).logLikelihoods())
        .isEqualTo(whole.items().get(0).logLikelihoods());
  }

  /** An engine may round equal rows of a batch apart; the first of equal answers wins even so. */
  @Test
  void run_equalAnswersAreScoredOnce() {
    FormulaLm model = new FormulaLm(CONTEXT);
    Own task = new Own(List.of(ChoiceItem.of("four to", List.of("five", "six", "five"), 2)));
    ItemScores scores = suite(task).build().run(model).get(0).items().get(0);
    assertThat(model.scored()).isEqualTo(2);
    assertThat(scores.logLikelihoods().get(2)).isEqualTo(scores.logLikelihoods().get(0));
    assertThat(scores.tokenCounts()).containsExactly(5, 4, 5);
  }

  @Test
  void run_countsWhatTheTokenizerCannotExpress() {
    TaskResult result =
        run(
            ChoiceItem.of("caf\u00e9", List.of("a", "b"), 0),
            ChoiceItem.of("coffee", List.of("a", "b"), 0),
            ChoiceItem.of("coffee", List.of("a", "b".repeat(CONTEXT + 1)), 0));
    assertThat(result.itemCount()).isEqualTo(3);
    assertThat(result.scoredCount()).isEqualTo(1);
    assertThat(result.inexpressibleCount()).isEqualTo(2);
    assertThat(result.value(TaskMetric.ACC).orElseThrow().estimate().unitCount()).isEqualTo(1);
    assertThat(result.measurements().get(0).notes())
        .contains("2 items could not be expressed and are left out.");
    assertThat(result.items().get(0).choice()).isEqualTo(-1);
  }

  @Test
  void run_limit() {
    TaskResult result = suite(questions(5)).limit(2).build().run(new FormulaLm(CONTEXT)).get(0);
    assertThat(result.itemCount()).isEqualTo(2);
    assertThat(result.gold()).containsExactly(0, 1);
  }

  @Test
  void run_rollingReadsEachTokenOnce() {
    String text = "a".repeat(3 * CONTEXT);
    TaskSuite.Builder suite = suite(new Own(List.of(TextItem.of(text))));
    ItemScores unscored = suite.build().run(new FormulaLm(CONTEXT)).get(0).items().get(0);
    TaskResult scored =
        suite.startToken(FormulaLm.START).build().run(new FormulaLm(CONTEXT)).get(0);
    assertThat(unscored.tokenCounts()).containsExactly(3 * CONTEXT - 1);
    assertThat(scored.items().get(0).tokenCounts()).containsExactly(3 * CONTEXT);
    assertThat(scored.notes())
        .contains(
            "Windows and stride of 64 tokens; the first token of a text is scored after the start"
                + " token.");
  }

  @Test
  void run_contextWithoutEnd() {
    TaskSuite.Builder suite = suite(new Own(List.of(TextItem.of("a".repeat(100)))));
    TaskResult result = suite.build().run(new FormulaLm(Integer.MAX_VALUE)).get(0);
    assertThat(result.items().get(0).tokenCounts()).containsExactly(99);
  }

  @Test
  void run_paperReadsTheBeginningOfText() {
    TaskResult result = run(TextItem.of("a".repeat(CONTEXT + 1)).inPaper());
    assertThat(result.items().get(0).tokenCounts()).containsExactly(CONTEXT - 1);
    assertThat(result.truncatedCount()).isEqualTo(1);
    assertThat(result.values()).extracting(TaskValue::metric).containsExactly(TaskMetric.LOSS);
  }

  @Test
  void run_paperEncodesApart() {
    // Together, "e" and the space after it are one token.
    Request request = new Request("to be", " or");
    assertThat(run(ContinuationItem.of(request)).items().get(0).tokenCounts()).containsExactly(2);
    assertThat(run(ContinuationItem.of(request).inPaper()).items().get(0).tokenCounts())
        .containsExactly(3);
  }

  @Test
  void run_startsEveryText() {
    Own task = new Own(List.of(ContinuationItem.of(new Request("to", " be"))));
    TaskSuite.Builder suite = suite(task).startToken(FormulaLm.START);
    double plain = loss(suite);
    assertThat(loss(suite.startEveryText())).isNotCloseTo(plain, within(1e-3));
    TaskSuite.Builder without = suite(task).startEveryText();
    assertThatThrownBy(without::build)
        .hasMessage("startEveryText needs a start token; call startToken(id) or drop it");
  }

  private static double loss(TaskSuite.Builder suite) {
    return suite.build().run(new FormulaLm(CONTEXT)).get(0).items().get(0).logLikelihoods().get(0);
  }

  @Test
  void run_replyEndsWithTheTurn() {
    // The model repeats the last 32 tokens of the prompt: what follows "\nUser " is not a reply.
    ReplyItem item = ReplyItem.of(new Request("one two.\nUser 2: no\nUser 1:", " one two"));
    TaskResult result = run(item);
    assertThat(result.items().get(0).f1()).isEqualTo(1);
    assertThat(result.values())
        .extracting(TaskValue::metric)
        .containsExactly(TaskMetric.LOSS, TaskMetric.F1);
  }

  @Test
  void run_replyOfALongDialogue() {
    String turns = "a ".repeat(CONTEXT) + "b".repeat(CONTEXT / 2);
    ReplyItem item = ReplyItem.of(new Request(turns, " " + "b".repeat(32)));
    assertThat(run(item).items().get(0).f1()).isEqualTo(1);
    // The authors keep the beginning.
    assertThat(run(item.inPaper()).items().get(0).f1()).isZero();
    assertThat(run(item).truncatedCount()).isEqualTo(1);
  }

  @Test
  void run_cacheIsUsedAgain() throws IOException {
    TaskSuite suite = suite(questions(5)).cache(folder, "m").build();
    FormulaLm first = new FormulaLm(CONTEXT);
    FormulaLm second = new FormulaLm(CONTEXT);
    assertThat(suite.run(first)).isEqualTo(suite.run(second));
    assertThat(first.scored()).isEqualTo(15);
    assertThat(second.scored()).isZero();
    FormulaLm other = new FormulaLm(CONTEXT);
    assertThat(suite(questions(5)).cache(folder, "n").build().run(other)).hasSize(1);
    assertThat(other.scored()).isEqualTo(15);
    assertThat(onlyText()).doesNotContain("question");
  }

  private String onlyText() throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path file : files()) {
      text.append(Files.readString(file));
    }
    return text.toString();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void run_cacheServesALargerLimit() {
    FormulaLm model = new FormulaLm(CONTEXT);
    assertThat(limited(2).run(model)).hasSize(1);
    assertThat(limited(5).run(model).get(0).scoredCount()).isEqualTo(5);
    assertThat(model.scored()).isEqualTo(15);
  }

  private TaskSuite limited(int items) {
    return suite(questions(5)).cache(folder, "m").limit(items).build();
  }

  @Test
  void builder_optionSetTwice() {
    Map<String, UnaryOperator<TaskSuite.Builder>> options =
        Map.of(
            "limit", builder -> builder.limit(2),
            "startToken", builder -> builder.startToken(1),
            "startEveryText", TaskSuite.Builder::startEveryText,
            "cache", builder -> builder.cache(folder, "m"),
            "confidence", builder -> builder.confidence(0.9),
            "listener", builder -> builder.listener(TaskListener.NONE));
    options.forEach(
        (option, set) ->
            assertThatThrownBy(() -> set.apply(set.apply(TaskSuite.builder())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(option + " was already set"));
  }

  @Test
  void run_cacheThatIsBroken() throws IOException {
    TaskSuite suite = suite(questions(3)).cache(folder, "m").build();
    List<TaskResult> expected = suite.run(new FormulaLm(CONTEXT));
    Path file = files().get(0);
    String good = Files.readString(file);
    for (String bad :
        List.of(
            "",
            "null",
            "[]",
            "{}",
            good.substring(0, good.length() / 2),
            good.replace("\"index\":1", "\"index\":9"),
            good.replaceFirst("logLikelihoods\":\\[[^,]*,", "logLikelihoods\":["),
            good.replaceFirst("\"greedy\":\\[[^]]*\\]", "\"greedy\":null"),
            good.replaceFirst("logLikelihoods\":\\[[^,]*,", "logLikelihoods\":[NaN,"))) {
      Path written = Files.writeString(file, bad);
      FormulaLm model = new FormulaLm(CONTEXT);
      assertThat(suite.run(model)).isEqualTo(expected);
      assertThat(model.scored()).as(bad).isPositive();
      assertThat(Files.readString(written)).isEqualTo(good);
    }
  }

  @Test
  void run_cacheOfSomethingElse() throws IOException {
    TaskSuite suite = suite(questions(3)).cache(folder, "m").build();
    List<TaskResult> expected = suite.run(new FormulaLm(CONTEXT));
    Path file = files().get(0);
    String scores = Files.readString(file).replaceAll("\"key\":\"[^\"]*\"", "\"key\":\"00\"");
    assertThat(Files.writeString(file, scores.replaceAll("-\\d", "-1"))).exists();
    FormulaLm model = new FormulaLm(CONTEXT);
    assertThat(suite.run(model)).isEqualTo(expected);
    assertThat(model.scored()).isEqualTo(9);
  }

  @Test
  void run_cancelledAndResumed() {
    // Two groups: together the items have more tokens than one may have.
    Own task =
        new Own(
            IntStream.range(0, 400)
                .mapToObj(i -> ChoiceItem.of(i + "x".repeat(50), List.of("a", "b"), 0))
                .toList());
    FormulaLm model = new FormulaLm(CONTEXT);
    List<Integer> done = new ArrayList<>();
    TaskSuite cancelled =
        suite(task)
            .cache(folder, "m")
            .listener(
                new TaskListener() {
                  @Override
                  public void progressed(TaskProgress progress) {
                    done.add(progress.doneItems());
                  }

                  @Override
                  public boolean cancelled() {
                    return model.scored() > 0;
                  }
                })
            .build();
    assertThatThrownBy(() -> cancelled.run(model)).isInstanceOf(CancellationException.class);
    int before = model.scored();
    assertThat(before).isBetween(2, 798);
    assertThat(done).containsExactly(0, before / 2);
    assertThat(suite(task).cache(folder, "m").build().run(model).get(0).scoredCount())
        .isEqualTo(400);
    assertThat(model.scored()).isEqualTo(800);
  }

  @Test
  void run_refusesMixedItems() {
    TaskSuite suite =
        suite(new Own(List.of(TextItem.of("a b"), ChoiceItem.of("a", List.of("b", "c"), 0))))
            .build();
    assertThatThrownBy(() -> suite.run(new FormulaLm(CONTEXT)))
        .hasMessage("items of task own must be of one class, but are of several");
  }

  @Test
  void chance_constantAnswer() {
    List<ChoiceItem> items =
        IntStream.range(0, 10)
            .mapToObj(i -> ChoiceItem.of("q" + i, List.of("yes", "no"), i < 8 ? 0 : 1))
            .toList();
    TaskValue value = run(items.toArray(TaskItem[]::new)).values().get(0);
    assertThat(value.chance()).hasValue(0.8);
    assertThat(value.aboveChance()).isFalse();
  }

  @Test
  void compare_pairsItems() {
    TaskResult before = suite(questions(6)).build().run(new FormulaLm(CONTEXT)).get(0);
    TaskResult after = suite(questions(6)).build().run(new FormulaLm(14)).get(0);
    Measurement row = TaskResult.compare(before, after, 0.95).get(0);
    assertThat(row.reference()).hasValue(1.0 / 3);
    assertThat(row.referenceName()).isEqualTo("chance");
    assertThat(row.change().orElseThrow().value())
        .isCloseTo(row.after().value() - row.before().orElseThrow().value(), within(1e-12));
    TaskResult other = suite(questions(5)).build().run(new FormulaLm(CONTEXT)).get(0);
    assertThatThrownBy(() -> TaskResult.compare(before, other, 0.95))
        .hasMessage("results must be of the same items, but are of 6 of own, and 5 of own");
  }

  @Test
  void exportItems_numbersOnly() throws IOException {
    TaskResult result = run(ChoiceItem.of("caf", List.of("a", "b"), 1));
    Path file = folder.resolve("items.jsonl");
    result.exportItems(file);
    assertThat(Files.readString(file))
        .startsWith("{\"index\":0,\"log_likelihoods\":[-")
        .endsWith(",\"gold\":1,\"truncated\":false}\n")
        .doesNotContain("caf");
  }

  @Test
  void bar_onStandardErrorWithoutTerminal() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      var unused =
          suite(questions(3))
              .listener(ConsoleTaskBar.onStandardError())
              .build()
              .run(new FormulaLm(CONTEXT));
    } finally {
      System.setErr(before);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).startsWith("Own  acc 0.");
  }

  @Test
  void bar_showsValues() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    assertThat(
            suite(questions(3))
                .listener(new ConsoleTaskBar(out, true))
                .build()
                .run(new FormulaLm(CONTEXT)))
        .hasSize(1);
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .contains(
            "\r1/1 Own [>                   ]   0 %", "\r1/1 Own [====================] 100 %")
        .contains("Own  acc 0.")
        .contains("(not above chance)");
  }
}
