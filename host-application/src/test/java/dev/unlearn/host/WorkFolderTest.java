package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.unlearn.host.ErasureStatus.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

final class WorkFolderTest {
  private static final ErasureRequest REQUEST =
      new ErasureRequest(List.of("kelo pin 4829"), List.of("case 17"));

  @TempDir private Path folder;

  @Test
  void request_outlivesTheProcess() throws IOException {
    try (WorkFolder work = open()) {
      assertThat(work.nextId()).isEqualTo(1);
      work.keep(9, REQUEST);
      work.keep(10, REQUEST);
    }
    try (WorkFolder work = open()) {
      assertThat(work.waiting()).containsExactly(9L, 10L);
      assertThat(work.read(10)).isEqualTo(REQUEST);
      assertThat(work.nextId()).isEqualTo(11);
    }
  }

  @Test
  void report_staysAndTheRequestGoes() throws IOException {
    ErasureStatus end = new ErasureStatus(1, State.CANCELLED, 1, null, "cancelled", null);
    try (WorkFolder work = open()) {
      work.keep(1, REQUEST);
      work.keep(end);
      assertThat(work.ended(1)).isEmpty();
      work.forget(1);
      assertThat(work.ended(1)).contains(end);
      assertThat(work.waiting()).isEmpty();
      assertThat(work.nextId()).isEqualTo(2);
    }
  }

  /** Killed after the model of 2 was saved, with 3 half written and 4 running. */
  @Test
  void open_tidiesUpAfterAKill() throws IOException {
    try (WorkFolder work = open()) {
      work.keep(2, REQUEST);
      work.keep(4, REQUEST);
      for (long id : new long[] {1, 2, 4}) {
        Files.createFile(work.run(id).resolve("epochs"));
      }
      Files.createDirectory(work.model(1));
      Files.createDirectory(work.model(2));
      Files.createDirectory(folder.resolve("models").resolve(".4.tmp-0815"));
      Files.createFile(folder.resolve("requests").resolve("3.json.tmp"));
    }
    try (WorkFolder work = open()) {
      assertThat(work.waiting()).containsExactly(4L);
      assertThat(work.newestModel()).hasValue(2);
      assertThat(names("requests")).containsExactly("4.json");
      assertThat(names("runs")).containsExactly("4");
      assertThat(names("models")).containsExactly("2");
    }
  }

  private WorkFolder open() throws IOException {
    Path any = Path.of("any");
    HostProperties properties =
        new HostProperties(any, folder, any, null, 1, 10, 1, 0, 0, 1, DataSize.ofBytes(1));
    return new WorkFolder(properties, new ObjectMapper().findAndRegisterModules());
  }

  private List<String> names(String name) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(name))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
