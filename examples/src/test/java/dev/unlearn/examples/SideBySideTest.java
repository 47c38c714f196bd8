package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class SideBySideTest {
  @Test
  void print_numbersAndDifferences() {
    Printed printed = new Printed();
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      new SideBySide(
              List.of("7", "12"),
              List.of(
                  new SideBySide.Column(
                      "ma", Map.of("7", 0.5, "12", 1.0), Map.of("7", 0.75, "12", 0.875)),
                  new SideBySide.Column(
                      "loss", Map.of("7", 2.0, "12", 1.0), Map.of("7", 1.0, "12", 0.0, "99", 5.0))))
          .print(printed.stream());
    } finally {
      Locale.setDefault(before);
    }
    // ma: (-1/4 + 1/8) / 2; the larger difference is the negative one.
    assertThat(printed.lines())
        .containsExactly(
            "    doc_id          ma   theirs     diff        loss   theirs     diff",
            "         7      0.5000   0.7500  -0.2500      2.0000   1.0000   1.0000",
            "        12      1.0000   0.8750   0.1250      1.0000   0.0000   1.0000",
            "ma, ours minus theirs: mean -0.0625, largest -0.2500, of 7",
            "loss, ours minus theirs: mean 1.0000, largest 1.0000, of 7");
  }
}
