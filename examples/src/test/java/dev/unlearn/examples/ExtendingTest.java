package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class ExtendingTest {
  private static final Pattern CODE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  @Tag("engine")
  void run_ownParts() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ForgetReport report = Extending.run(new PrintStream(bytes, false, StandardCharsets.UTF_8));

    assertThat(report.outcome()).isEqualTo(Outcome.FORGOTTEN);
    assertThat(report.epochs().get(0).metrics().get("longest_recall").value()).isGreaterThan(30);
    assertThat(report.after().get("longest_recall").value()).isLessThanOrEqualTo(8);
    assertThat(report.lotEnds())
        .extracting(EpochReport::lot)
        .containsExactly(List.of(1), List.of(0));
    assertThat(report.settings())
        .containsEntry("objective", "true-token-probability")
        .containsEntry("strategy", "shortest-first")
        .containsEntry("stopWhen", "none-above(longest_recall, 8.0), or max-epochs(50)");
    assertThat(bytes.toString(StandardCharsets.UTF_8).lines()).hasSize(5);
  }

  @Test
  void page_showsTheSource() throws IOException {
    String sources =
        unindented(Path.of("src/main/java/dev/unlearn/examples/Extending.java"))
            + unindented(Path.of("src/test/java/dev/unlearn/examples/ExtendingContractsTest.java"));
    String page = Files.readString(Path.of("..", "docs", "extending.md"));

    assertThat(CODE.matcher(page).results().map(MatchResult::group)).hasSizeGreaterThan(4);
    CODE.matcher(page)
        .results()
        .forEach(code -> assertThat(sources).contains(unindented(code.group(1))));
    assertThat(Pattern.compile("record \\w+").matcher(sources).results().map(MatchResult::group))
        .hasSize(4)
        .allSatisfy(part -> assertThat(page).contains(part));
  }

  private static String unindented(Path source) throws IOException {
    return unindented(Files.readString(source));
  }

  private static String unindented(String code) {
    return code.replaceAll("(?m)^ +", "");
  }
}
