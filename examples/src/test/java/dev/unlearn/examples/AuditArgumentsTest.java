package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.eval.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AuditArgumentsTest {
  private static final String[] REQUIRED = {
    "--model", "m", "--forget", "f", "--unseen", "u", "--out", "o"
  };

  @Test
  void parse_defaults() {
    AuditArguments arguments = AuditArguments.parse(REQUIRED);
    assertThat(arguments.order()).isEqualTo(10);
    assertThat(arguments.limit()).isEqualTo(200);
    assertThat(arguments.samples()).isEqualTo(16);
    assertThat(arguments.relearningSteps()).isEqualTo(20);
    assertThat(arguments.learningRate()).isEqualTo(5e-5);
    assertThat(arguments.maxEpochs()).isEqualTo(100);
    assertThat(arguments.tasks()).isEmpty();
    assertThat(arguments.has("unlearned")).isFalse();
  }

  @Test
  void parse_missing() {
    assertThatThrownBy(() -> AuditArguments.parse(new String[] {"--model", "m"}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--forget is missing\n" + AuditArguments.USAGE);
  }

  @Test
  void tasks_filesOfBenchmarks(@TempDir Path folder) throws IOException {
    Path copa = folder.resolve("copa.jsonl");
    Files.writeString(
        copa,
        "{\"query\": \"The lamp fell, therefore\", \"choices\": [\"it broke.\", \"it sang.\"],"
            + " \"gold\": 0}\n");
    List<Task> tasks = with("--tasks", "copa=" + copa).tasks();
    assertThat(tasks).extracting(Task::key).containsExactly("copa");
    assertThat(tasks.get(0).items()).hasSize(1);
  }

  @Test
  void tasks_notPairs() {
    AuditArguments arguments = with("--tasks", "copa");
    assertThatThrownBy(arguments::tasks)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--tasks must be a list of NAME=FILE, but has: copa");
  }

  @Test
  void tasks_unknown() {
    AuditArguments arguments = with("--tasks", "chess=file");
    assertThatThrownBy(arguments::tasks)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("No benchmark named 'chess'; known: lambada, ");
  }

  private static AuditArguments with(String name, String value) {
    String[] all = Arrays.copyOf(REQUIRED, REQUIRED.length + 2);
    all[REQUIRED.length] = name;
    all[REQUIRED.length + 1] = value;
    return AuditArguments.parse(all);
  }
}
