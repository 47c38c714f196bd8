package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class DomainTextTest {
  @Test
  void records_formAndSecret() {
    DomainText text = new DomainText(1);
    Set<String> forms = new HashSet<>();
    for (String domain : DomainText.names()) {
      List<String> records = text.records(domain, 50);
      assertThat(records).hasSize(50).allMatch(r -> r.length() == SyntheticText.LENGTH);
      assertThat(records).allMatch(r -> r.chars().allMatch(c -> c >= ' ' && c <= '~'));
      records.forEach(r -> forms.add(r.substring(0, SyntheticText.PROMPT_LENGTH)));
    }
    assertThat(DomainText.names()).hasSize(8);
    assertThat(forms).hasSize(8 * 50);
  }

  @Test
  void records_seedDecides() {
    assertThat(new DomainText(1).records("code", 3))
        .isEqualTo(new DomainText(1).records("code", 3));
    assertThat(new DomainText(2).records("code", 3))
        .isNotEqualTo(new DomainText(1).records("code", 3));
  }
}
