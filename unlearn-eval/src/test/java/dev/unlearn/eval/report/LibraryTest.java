package dev.unlearn.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class LibraryTest {
  private final Library without = new Library(ClassLoader.getPlatformClassLoader());

  @Test
  void missing_isNamed() {
    assertThatThrownBy(without::checkTemplates)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "reports need com.samskivert:jmustache on the class path; add it as a dependency");
    assertThatThrownBy(without::charts)
        .hasMessage(
            "reports need org.webjars.npm:echarts on the class path; add it as a dependency");
    assertThatThrownBy(without::checkCsv)
        .hasMessage(
            "reports need org.apache.commons:commons-csv on the class path; add it as a dependency");
  }

  @Test
  void charts_endNoScript() {
    assertThat(Library.ofThisModule().charts()).doesNotContain("</script", "<!--");
  }
}
