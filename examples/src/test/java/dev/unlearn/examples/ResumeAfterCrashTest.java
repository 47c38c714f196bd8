package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class ResumeAfterCrashTest {
  private static final Pattern END =
      Pattern.compile(
          "FORGOTTEN after (?<epochs>\\d+) epochs, resumed after (?<resumed>\\w+),"
              + " weights (?<digest>[0-9a-f]{64})");

  @Test
  void run_endsWithTheSameWeights(@TempDir Path folder) throws Exception {
    Printed printed = new Printed();
    assertThat(ResumeAfterCrash.run(folder, printed.stream())).isTrue();

    Matcher alone = end(printed.after("left alone: "));
    Matcher resumed = end(printed.after("started again: "));
    assertThat(alone.group("resumed")).isEqualTo("none");
    // The fourth epoch was reported, but not yet kept.
    assertThat(resumed.group("resumed")).isEqualTo("3");
    assertThat(resumed.group("epochs")).isEqualTo(alone.group("epochs"));
    assertThat(resumed.group("digest")).isEqualTo(alone.group("digest"));
    assertThat(printed.after("killed in epoch 4: exit code ")).isNotEqualTo("0");
    assertThat(folder.resolve("work")).isEmptyDirectory();
  }

  private static Matcher end(String line) {
    Matcher matcher = END.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    return matcher;
  }
}
