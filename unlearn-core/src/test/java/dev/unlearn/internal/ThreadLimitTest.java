package dev.unlearn.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many threads PyTorch has depends on how a process begins, so each case has one. */
@Tag("engine")
final class ThreadLimitTest {

  @Test
  void threads_oneProcessor_areOneInEveryThread() throws Exception {
    List<Integer> threads = threads(Map.of(), "-XX:ActiveProcessorCount=1");

    assertThat(threads.subList(1, 3)).containsExactly(1, 1);
  }

  @Test
  void threads_moreProcessorsThanCores_stayAsTheyAre() throws Exception {
    List<Integer> threads = threads(Map.of(), "-XX:ActiveProcessorCount=1000");

    assertThat(threads.subList(1, 3)).containsOnly(threads.get(0));
  }

  @Test
  void threads_chosenForDjl_stay() throws Exception {
    assertThat(threads(Map.of(), "-XX:ActiveProcessorCount=1", "-Dai.djl.pytorch.num_threads=3"))
        .containsExactly(3, 3, 3);
  }

  /** On a machine of one core there is one thread whatever is chosen. */
  @ParameterizedTest
  @ValueSource(strings = {"OMP_NUM_THREADS", "MKL_NUM_THREADS"})
  void threads_chosenForTheLibrariesBelow_stay(String variable) throws Exception {
    List<Integer> threads = threads(Map.of(variable, "2"), "-XX:ActiveProcessorCount=1");

    assertThat(threads.subList(1, 3)).containsOnly(threads.get(0));
  }

  private static List<Integer> threads(Map<String, String> environment, String... options)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-DOPT_OUT_TRACKING=true", "-Dai.djl.offline=true"));
    command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=error");
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(PrintThreads.class.getName());
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().removeAll(List.of("OMP_NUM_THREADS", "MKL_NUM_THREADS"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    List<Integer> threads;
    try (BufferedReader lines = process.inputReader()) {
      threads = lines.lines().map(Integer::valueOf).toList();
    }
    assertThat(process.waitFor()).isZero();
    assertThat(threads).hasSize(3);
    return threads;
  }
}
