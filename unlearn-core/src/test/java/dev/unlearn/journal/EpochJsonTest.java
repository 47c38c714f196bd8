package dev.unlearn.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.Decision;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class EpochJsonTest {

  static List<Decision> decisions() {
    return List.of(
        Decision.proceed(List.of(3, 1)),
        Decision.forgotten("a \"line\"\nand é😀\u2028", List.of(2)),
        Decision.giveUp(""));
  }

  @ParameterizedTest
  @MethodSource("decisions")
  void entry_exactly(Decision decision) throws IOException {
    JournalEntry entry =
        new JournalEntry(
            EpochRecords.of(2, decision, Optional.of(new EpochRecord.Best(1, -0.0))),
            Optional.of(new StateReference("state-2.safetensors", "00")),
            Optional.of(new StateReference("best-1.safetensors", "01")));

    String text = EpochJson.of(entry);

    assertThat(text).doesNotContain("\n");
    assertThat(EpochJsonReader.entry(text)).isEqualTo(entry);
    assertThat(EpochJson.of(EpochJsonReader.entry(text))).isEqualTo(text);
  }

  @Test
  void header_exactly() throws IOException {
    String text = EpochJson.of(EpochRecords.header());

    assertThat(EpochJsonReader.format(text)).isEqualTo(Journal.FORMAT);
    assertThat(EpochJsonReader.header(text)).isEqualTo(EpochRecords.header());
  }
}
