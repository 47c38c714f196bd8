package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.host.Service.Answer;
import dev.unlearn.host.Service.Client;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An erasure that was accepted survives the process. */
@Tag("engine")
final class RestartTest {
  private static final Pattern STARTED = Pattern.compile("Tomcat started on port (\\d+)");

  @TempDir private Path work;

  @Test
  void erasure_isGoneOnWithAfterAKill() throws Exception {
    Process process = child();
    try (BufferedReader lines = process.inputReader()) {
      Client client = new Client(port(lines));
      assertThat(client.post("/erasures", Demo.request()).status()).isEqualTo(202);
      assertThatThrownBy(() -> Service.start(Demo.settings(work)))
          .hasRootCauseMessage("unlearn.work is used by another process: " + work);
      assertThat(client.awaitEpoch(1, 2).state()).isEqualTo("RUNNING");
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertGoneOnWith();
  }

  @Test
  void erasure_isGoneOnWithAfterAStop() {
    try (Service service = Service.start(Demo.settings(work))) {
      Client client = service.client();
      assertThat(client.post("/erasures", Demo.request()).status()).isEqualTo(202);
      assertThat(client.awaitEpoch(1, 2).state()).isEqualTo("RUNNING");
    }
    assertGoneOnWith();
  }

  private void assertGoneOnWith() {
    try (Service service = Service.start(Demo.settings(work))) {
      Answer end = service.client().awaitEnd(1);
      assertThat(end.state()).as("%s", end.body()).isEqualTo("FORGOTTEN");
      assertThat(end.json().path("report").path("resumedAfter").asInt()).isPositive();
    }
  }

  /** With other settings it is another run, from the beginning. */
  @Test
  void erasure_beginsAnewWithOtherSettings() {
    try (Service service = Service.start(Demo.endless(work))) {
      Client client = service.client();
      assertThat(client.post("/erasures", Demo.request()).status()).isEqualTo(202);
      assertThat(client.awaitEpoch(1, 1).state()).isEqualTo("RUNNING");
    }
    try (Service service = Service.start(Demo.settings(work))) {
      Answer end = service.client().awaitEnd(1);
      assertThat(end.state()).as("%s", end.body()).isEqualTo("FORGOTTEN");
      assertThat(end.json().path("report").has("resumedAfter")).isFalse();
    }
  }

  @Test
  void start_refusesWhatIsMissing() {
    Map<String, String> settings = Demo.settings(work);
    settings.remove("unlearn.unseen");
    assertThatThrownBy(() -> Service.start(settings))
        .hasRootCauseMessage("unlearn.unseen must be given, but is missing");
  }

  private Process child() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.pytorch.num_threads=1",
                "-Dai.djl.pytorch.num_interop_threads=1",
                "-cp",
                System.getProperty("java.class.path"),
                HostApplication.class.getName()));
    Map<String, String> settings = Demo.settings(work);
    settings.remove("logging.threshold.console");
    command.addAll(List.of(Service.arguments(settings)));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  private static String port(BufferedReader lines) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher started = STARTED.matcher(line);
      if (started.find()) {
        return started.group(1);
      }
    }
    throw new AssertionError("the service did not start");
  }
}
