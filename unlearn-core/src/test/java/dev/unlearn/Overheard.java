package dev.unlearn;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.progress.ConsoleProgressBar;
import dev.unlearn.spi.RunProgress;
import dev.unlearn.spi.UnlearningListener;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** All that is said while a test runs, the log included; no {@link Secret} may be in it. */
final class Overheard implements BeforeEachCallback, AfterEachCallback {
  private ByteArrayOutputStream log = new ByteArrayOutputStream();
  private ByteArrayOutputStream bar = new ByteArrayOutputStream();
  private StringBuilder said = new StringBuilder();
  private PrintStream standardError = System.err;

  @Override
  public void beforeEach(ExtensionContext context) {
    log = new ByteArrayOutputStream();
    bar = new ByteArrayOutputStream();
    said = new StringBuilder();
    standardError = System.err;
    System.setErr(new PrintStream(log, true, UTF_8));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    System.setErr(standardError);
    said.append(log()).append(bar());
    assertThat(said.toString()).doesNotContainPattern(Secret.SAID);
  }

  String log() {
    return log.toString(UTF_8);
  }

  String bar() {
    return bar.toString(UTF_8);
  }

  /** Takes what a value says of itself. */
  void say(Object value) {
    said.append(value).append('\n');
  }

  /** Takes messages, causes and what is suppressed of an exception that must have been thrown. */
  void say(Throwable thrown) {
    assertThat(thrown).isNotNull();
    StringWriter trace = new StringWriter();
    thrown.printStackTrace(new PrintWriter(trace));
    said.append(trace).append('\n');
  }

  /** Returns options of a run of which everything is heard. */
  RunOptions options() {
    UnlearningListener listener =
        new UnlearningListener() {
          @Override
          public void progressed(RunProgress progress) {
            say(progress);
          }

          @Override
          public void epochEnded(EpochReport report) {
            say(report);
          }

          @Override
          public void ended(ForgetReport report) {
            say(report);
          }
        };
    return RunOptions.builder()
        .listener(listener)
        .listener(new ConsoleProgressBar(new PrintStream(bar, true, UTF_8), true))
        .digestKey(new byte[16])
        .build();
  }
}
