package dev.unlearn.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A process that runs {@link ShortRun}. */
final class Child implements AutoCloseable {
  private static final Pattern ENDED =
      Pattern.compile("ended (?<digest>\\w+) (?<outcome>\\w+) (?<epochs>\\d+) (?<resumed>\\d+)");

  private final Process process;
  private final BufferedReader lines;

  private Child(Process process) {
    this.process = process;
    lines = process.inputReader();
  }

  /** How a run ended. */
  record End(String digest, String outcome, int epochs, int resumedAfter) {
    static End of(@Nullable String line) {
      Matcher matcher = ENDED.matcher(String.valueOf(line));
      assertThat(matcher.matches()).as("%s", line).isTrue();
      return new End(
          matcher.group("digest"),
          matcher.group("outcome"),
          Integer.parseInt(matcher.group("epochs")),
          Integer.parseInt(matcher.group("resumed")));
    }
  }

  /** Where a child finds its model and keeps its epochs, and what it does. */
  record Task(Path model, Path folder, ShortRun.Kind kind) {
    Child start() throws IOException {
      return start(1, 1);
    }

    Child start(int threads, int times) throws IOException {
      return new Child(builder(command(threads, times)).start());
    }

    /** Starts one that can write no file longer than a number of kibibytes. */
    Child startWithin(int kibibytes) throws IOException {
      String command =
          command(1, 1).stream()
              .map(part -> "'" + part.replace("'", "'\\''") + "'")
              .collect(Collectors.joining(" "));
      String script = "ulimit -f " + kibibytes + " && exec " + command;
      return new Child(builder(List.of("bash", "-c", script)).start());
    }

    private static ProcessBuilder builder(List<String> command) {
      return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    private List<String> command(int threads, int times) {
      return List.of(
          Path.of(System.getProperty("java.home"), "bin", "java").toString(),
          "-Xmx128m",
          "-XX:TieredStopAtLevel=1",
          "-XX:-UsePerfData",
          "-Dai.djl.pytorch.num_threads=" + threads,
          "-Dai.djl.pytorch.num_interop_threads=1",
          "-DOPT_OUT_TRACKING=true",
          "-Dai.djl.offline=true",
          "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
          "-cp",
          System.getProperty("java.class.path"),
          ShortRun.class.getName(),
          model.toString(),
          folder.toString(),
          kind.name(),
          Integer.toString(times));
    }
  }

  /** Waits until the run begins. */
  void awaitBegun() throws IOException {
    assertThat(lines.readLine()).isEqualTo("begun");
  }

  /** Waits for the next line, which is null when the process is gone. */
  @Nullable String line() throws IOException {
    return lines.readLine();
  }

  /** Waits for the end of the run. */
  End end() throws IOException {
    awaitBegun();
    return End.of(line());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Sends SIGKILL, and returns the line that tells the end of the run, null if it had none. */
  @Nullable String kill() throws IOException, InterruptedException {
    // By the handle: the process itself would close the stream of its lines, too.
    boolean unused = process.toHandle().destroyForcibly();
    assertThat(process.waitFor(1, TimeUnit.MINUTES)).isTrue();
    return lines.readLine();
  }

  @Override
  public void close() throws IOException {
    Process unused = process.destroyForcibly();
    lines.close();
  }
}
