package dev.unlearn.model.hf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The class that docs/adding-a-family.md shows is the one that {@link GoldenModelTest} loads. */
final class AddingAFamilyTest {

  @Test
  void page_showsTheWholeClass() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "adding-a-family.md"));
    String source =
        Files.readString(Path.of("src/test/java/dev/unlearn/model/hf/StableLmFamily.java"));

    assertThat(source.lines()).hasSizeLessThan(100);
    assertThat(page).contains(source.substring(source.indexOf("import ")));
  }
}
