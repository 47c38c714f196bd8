package dev.unlearn.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class BeforeAfterFigureTest {
  @Test
  void svg_barsAreAsLongAsValues() {
    String svg =
        BeforeAfterFigure.svg(
            """
                                  EL_10 before after     MA before after  perplexity before after
            3 records to forget         1.000  0.250        0.500  0.100            1.25    24.64
            2 other sentences                               0.800  0.700            1.51     1.46
            """);

    // A full bar has 190 points.
    assertThat(svg)
        .contains(">3 records to forget<", "width=\"190.0\"", "width=\"47.5\"", "width=\"95.0\"")
        .contains(">2 other sentences<", ">not measured<", "width=\"152.0\"", "width=\"133.0\"")
        .contains(">1.00<", ">0.25<", ">0.50<", ">0.10<", ">0.80<", ">0.70<")
        .doesNotContain("24.64", "1.46");
  }

  @Test
  void figure_isThatOfTheQuickstart() throws IOException {
    String right = BeforeAfterFigure.svg(Pages.text(Pages.ROOT.resolve("docs/quickstart.md")));
    Path made = Files.writeString(Path.of("target", "before-after.svg"), right);

    assertThat(right).contains("to forget", "to retain", "other records", "sentences");
    assertThat(Pages.text(Pages.ROOT.resolve("docs/before-after.svg")))
        .as(
            "docs/before-after.svg is not that of the table in quickstart.md; copy examples/%s",
            made)
        .isEqualTo(right);
  }
}
