package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.examples.PublishedOutputs.Output;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class PublishedOutputsTest {
  @TempDir private Path folder;

  @Test
  void read_moments() throws IOException {
    SortedMap<Integer, Map<String, Output>> moments =
        read(
            """
            doc_id,acc_init,acc_00,corpus,el_10-gram_init,el_5-gram_init,loss_01,preds_init
            7,0.5,0.25,github,0.125,1,2.5,"a, ""b"
            12,1,0,github,0,0.75,3,c
            """);

    assertThat(moments.keySet()).containsExactly(0, 1, 2);
    assertThat(moments.get(0))
        .containsOnlyKeys("ma", "el_10", "el_5")
        .containsEntry("ma", new Output("acc_init", "ma", 0, Map.of("7", 0.5, "12", 1.0)))
        .containsEntry(
            "el_5", new Output("el_5-gram_init", "el_5", 0, Map.of("7", 1.0, "12", 0.75)));
    assertThat(moments.get(1))
        .containsExactly(
            Map.entry("ma", new Output("acc_00", "ma", 1, Map.of("7", 0.25, "12", 0.0))));
    assertThat(moments.get(2))
        .containsExactly(
            Map.entry("loss", new Output("loss_01", "loss", 2, Map.of("7", 2.5, "12", 3.0))));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "acc_init;1|: the header must name doc_id and outputs such as acc_init, el_10-gram_init,"
            + " loss_init",
        "doc_id,acc;7,1|: the header must name doc_id and outputs such as acc_init,"
            + " el_10-gram_init, loss_init",
        "doc_id,acc_init;7,1;7,1|, line 3: doc_id must not come twice",
        "doc_id,acc_init;7,Ada Quill|, line 2: acc_init must be a finite number",
        "doc_id,acc_init;7,NaN|, line 2: acc_init must be a finite number",
        "doc_id,acc_init;7|, line 2: must have as many fields as the header",
        "doc_id,acc_init;7,\"1|: must be CSV in UTF-8",
        "doc_id,acc_init|: must hold at least one sequence, but holds none"
      })
  void read_bad(String content, String message) {
    assertThatThrownBy(() -> read(content.replace(";", "\n")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(folder.resolve("reference.csv") + message);
  }

  @Test
  void read_notUtf8() throws IOException {
    Path file = folder.resolve("reference.csv");
    Files.write(file, "doc_id,acc_init\né,1\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> PublishedOutputs.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(file + ": must be CSV in UTF-8");
  }

  @Test
  void read_noFile() {
    Path missing = folder.resolve("missing.csv");
    assertThatThrownBy(() -> PublishedOutputs.read(missing))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("file must exist, but there is no: " + missing);
  }

  private SortedMap<Integer, Map<String, Output>> read(String content) throws IOException {
    Path file = folder.resolve("reference.csv");
    Files.writeString(file, content);
    return PublishedOutputs.read(file);
  }
}
