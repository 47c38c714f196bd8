package dev.unlearn.eval.task;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Requests, log-likelihoods and metrics against lm-evaluation-harness's own, on made-up items. */
final class HarnessGoldenTest {
  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(
      value = Benchmark.class,
      names = {
        "LAMBADA",
        "HELLASWAG",
        "WINOGRANDE",
        "COPA",
        "ARC_EASY",
        "PIQA",
        "MATH_QA",
        "PUBMED_QA",
        "PILE",
        "WIKITEXT"
      })
  void run_asTheHarness(Benchmark benchmark) throws IOException {
    JsonObject golden = golden().getAsJsonObject(benchmark.key());
    List<JsonObject> items = objects(golden.getAsJsonArray("items"));
    String lines =
        items.stream().map(item -> item.get("doc").toString()).collect(Collectors.joining("\n"));
    Task task = benchmark.load(Files.writeString(folder.resolve("items.jsonl"), lines));
    TaskResult result =
        TaskSuite.builder()
            .task(task)
            .startToken(FormulaLm.START)
            .build()
            .run(new FormulaLm(95))
            .get(0);

    assertThat(result.inexpressibleCount()).isZero();
    for (int i = 0; i < items.size(); i++) {
      JsonObject expected = items.get(i);
      assertThat(requests(task.items().get(i)))
          .as("requests of item %s", i)
          .isEqualTo(texts(expected.getAsJsonArray("requests")));
      ItemScores scores = result.items().get(i);
      JsonArray logLikelihoods = expected.getAsJsonArray("log_likelihoods");
      for (int answer = 0; answer < logLikelihoods.size(); answer++) {
        assertThat(scores.logLikelihoods().get(answer))
            .as("item %s, answer %s", i, answer)
            .isCloseTo(logLikelihoods.get(answer).getAsDouble(), within(1e-4));
      }
      List<Boolean> greedy =
          StreamSupport.stream(expected.getAsJsonArray("greedy").spliterator(), false)
              .map(JsonElement::getAsBoolean)
              .toList();
      if (!greedy.isEmpty()) {
        assertThat(scores.greedy()).isEqualTo(greedy);
      }
    }
    JsonObject metrics = golden.getAsJsonObject("metrics");
    for (TaskValue value : result.values()) {
      if (value.metric() != TaskMetric.LOSS) {
        double expected = metrics.get(value.metric().key()).getAsDouble();
        assertThat(value.estimate().value() / expected)
            .as(value.metric().key())
            .satisfiesAnyOf(
                ratio -> assertThat(ratio).isCloseTo(1, within(1e-5)),
                ratio -> assertThat(value.estimate().value()).isEqualTo(expected));
      }
    }
    assertThat(result.values()).hasSizeGreaterThanOrEqualTo(metrics.size());
  }

  private static List<List<String>> requests(TaskItem item) {
    if (item instanceof TextItem text) {
      return List.of(List.of(text.text()));
    }
    List<Request> requests =
        item instanceof ChoiceItem choice
            ? choice.requests()
            : List.of(((ContinuationItem) item).request());
    return requests.stream()
        .map(request -> List.of(request.context(), request.continuation()))
        .toList();
  }

  private static List<List<String>> texts(JsonArray requests) {
    List<List<String>> texts = new ArrayList<>();
    for (JsonElement request : requests) {
      texts.add(
          StreamSupport.stream(request.getAsJsonArray().spliterator(), false)
              .map(JsonElement::getAsString)
              .toList());
    }
    return texts;
  }

  private static List<JsonObject> objects(JsonArray array) {
    return StreamSupport.stream(array.spliterator(), false)
        .map(JsonElement::getAsJsonObject)
        .toList();
  }

  private static JsonObject golden() throws IOException {
    try (Reader reader =
        new InputStreamReader(
            HarnessGoldenTest.class.getResourceAsStream("harness-golden.json"), UTF_8)) {
      return JsonParser.parseReader(reader).getAsJsonObject().getAsJsonObject("tasks");
    }
  }
}
