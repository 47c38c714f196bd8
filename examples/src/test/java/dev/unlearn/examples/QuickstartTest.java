package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The story with two records instead of eight, on the same model. */
@Tag("engine")
final class QuickstartTest {
  @Test
  void run_forgetsSavesAndReloads() throws IOException {
    Printed printed = new Printed();
    assertThat(Quickstart.run(2, printed.stream())).isTrue();

    assertThat(printed.lines().get(0))
        .isEqualTo(
            "A GPT-Neo of 460,224 parameters learns general sentences and 8 personal records …");
    String[] forgotten = printed.after("2 records to forget").split(" +", -1);
    assertThat(forgotten).hasSize(6);
    assertThat(Double.parseDouble(forgotten[2])).isGreaterThan(0.9); // MA before
    assertThat(Double.parseDouble(forgotten[3])).isLessThan(0.3); // and after
    assertThat(printed.lines())
        .anyMatch(line -> line.startsWith("4 records to retain "))
        .anyMatch(line -> line.startsWith("2 other records it learned "))
        .anyMatch(line -> line.startsWith("16 records it never saw "))
        .anyMatch(line -> line.startsWith("8 sentences it never saw "))
        .anyMatch(line -> line.startsWith("FORGOTTEN after "));
    assertThat(printed.after("before")).isEqualTo(printed.after("secret"));
    assertThat(printed.after("after")).isNotEqualTo(printed.after("secret"));
    assertThat(printed.after("saved to ")).endsWith("; reloaded, its numbers are the same");
  }
}
