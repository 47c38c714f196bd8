package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.Outcome;
import dev.unlearn.host.ErasureStatus.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.unit.DataSize;

final class WorkFolderTest {
  private static final ErasureRequest REQUEST =
      new ErasureRequest(List.of("kelo pin 4829"), List.of("case 17"));

  /** As {@code application.properties} has it. */
  private static final ObjectMapper JSON =
      new ObjectMapper().setDefaultPropertyInclusion(Include.NON_NULL);

  @TempDir private Path folder;

  @Test
  void request_outlivesTheProcess() throws IOException {
    try (WorkFolder work = open()) {
      assertThat(work.nextId()).isEqualTo(1);
      work.keep(9, REQUEST);
      work.keep(10, REQUEST);
    }
    try (WorkFolder work = open()) {
      assertThat(work.waiting()).containsExactly(9L, 10L);
      assertThat(work.read(10)).isEqualTo(REQUEST);
      assertThat(work.nextId()).isEqualTo(11);
    }
  }

  /** What it does not need is deleted from its folders. */
  @Test
  void open_amongFilesOfOthers() throws IOException {
    Path other = Files.createDirectories(folder.resolve("models").resolve("precious"));

    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "unlearn.work must be empty or of this application, but other files are in it: "
                + folder);

    assertThat(other).exists();
    assertThat(folder.resolve("lock")).doesNotExist();
  }

  @Test
  void open_besideAFileOfOthers() throws IOException {
    open().close();
    Files.createFile(folder.resolve("notes.txt"));

    assertThatThrownBy(this::open).isInstanceOf(IllegalStateException.class);
  }

  static List<ErasureStatus> ends() {
    Erasure erasure = new Erasure(1, 1);
    return List.of(
        erasure.end(State.CANCELLED, "cancelled"), erasure.end(State.NOT_FORGOTTEN, run()));
  }

  @ParameterizedTest
  @MethodSource("ends")
  void report_staysAndTheRequestGoes(ErasureStatus end) throws IOException {
    try (WorkFolder work = open()) {
      work.keep(1, REQUEST);
      work.keep(end);
      assertThat(work.ended(1)).isEmpty();
      work.forget(1);
      assertThat(work.ended(1)).contains(end);
      assertThat(work.waiting()).isEmpty();
      assertThat(work.nextId()).isEqualTo(2);
    }
  }

  /** JSON has no NaN: the library writes null, and a name as it was given. */
  @Test
  void report_isTheLibrarysJson() throws IOException {
    try (WorkFolder work = open()) {
      work.keep(new Erasure(1, 1).end(State.NOT_FORGOTTEN, run()));
    }
    JsonNode kept = JSON.readTree(folder.resolve("reports").resolve("1.json").toFile());
    assertThat(kept.path("reason").asText()).isEqualTo("the loss is NaN");
    JsonNode report = kept.path("report");
    assertThat(report.path("outcome").asText()).isEqualTo("DIVERGED");
    assertThat(report.path("sequenceNames").path(0).asText()).isEqualTo("<case \"17\">");
    assertThat(report.path("resumedAfter").asInt()).isEqualTo(2);
    assertThat(report.path("startedAt").asText()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(report.path("seconds").asDouble()).isEqualTo(1.5);
    JsonNode epoch = report.path("epochs").path(0);
    assertThat(epoch.path("loss").isNull()).isTrue();
    assertThat(epoch.path("metrics").path("ma").path("perSequence").toString())
        .isEqualTo("[0.25,null]");
  }

  private static ForgetReport run() {
    EpochReport epoch =
        EpochReport.builder()
            .epoch(3)
            .lotEpoch(3)
            .addAllLot(List.of(0, 1))
            .loss(Double.NaN)
            .putAllMetrics(Map.of("ma", MetricResult.mean("ma", List.of(0.25, Double.NaN))))
            .decision(Decision.giveUp("the loss is NaN"))
            .duration(Duration.ofSeconds(1))
            .build();
    return ForgetReport.builder()
        .outcome(Outcome.DIVERGED)
        .reason("the loss is NaN")
        .restored(true)
        .weightsOfEpoch(0)
        .addAllEpochs(List.of(epoch))
        .resumedAfter(OptionalInt.of(2))
        .addAllSequenceNames(List.of("<case \"17\">", "#1"))
        .targetCount(20)
        .model(new ModelInfo("gpt2", 1, 1, "FLOAT32", "cpu"))
        .startedAt(Instant.parse("2026-01-02T03:04:05Z"))
        .duration(Duration.ofMillis(1500))
        .build();
  }

  /** Killed after the model of 2 was saved, with 3 half written and 4 running. */
  @Test
  void open_tidiesUpAfterAKill() throws IOException {
    try (WorkFolder work = open()) {
      work.keep(2, REQUEST);
      work.keep(4, REQUEST);
      for (long id : new long[] {1, 2, 4}) {
        Files.createFile(work.run(id).resolve("epochs"));
      }
      Files.createDirectory(work.model(1));
      Files.createDirectory(work.model(2));
      Files.createDirectory(folder.resolve("models").resolve(".4.tmp-0815"));
      Files.createFile(folder.resolve("requests").resolve("3.json.tmp"));
    }
    try (WorkFolder work = open()) {
      assertThat(work.waiting()).containsExactly(4L);
      assertThat(work.newestModel()).hasValue(2);
      assertThat(names("requests")).containsExactly("4.json");
      assertThat(names("runs")).containsExactly("4");
      assertThat(names("models")).containsExactly("2");
    }
  }

  private WorkFolder open() throws IOException {
    Path any = Path.of("any");
    HostProperties properties =
        new HostProperties(any, folder, any, null, 1, 10, 1, 0, 0, 1, DataSize.ofBytes(1));
    return new WorkFolder(properties, JSON);
  }

  private List<String> names(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
