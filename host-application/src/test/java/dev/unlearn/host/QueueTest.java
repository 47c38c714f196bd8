package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unlearn.host.Service.Answer;
import dev.unlearn.host.Service.Client;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class QueueTest {
  @TempDir private Path work;

  @Test
  void erasures_waitAndAreCancelled() throws IOException {
    Map<String, String> settings = Demo.endless(work);
    settings.put("unlearn.max-erasures", "2");
    try (Service service = Service.start(settings)) {
      Client client = service.client();
      assertThat(client.post("/erasures", Demo.request()).status()).isEqualTo(202);
      assertProgress(client.awaitEpoch(1, 1));
      assertThat(client.post("/erasures", Demo.request()).state()).isEqualTo("QUEUED");
      Answer full = client.post("/erasures", Demo.request());
      assertThat(full.status()).isEqualTo(503);
      assertThat(full.json().path("detail").asText())
          .isEqualTo("2 erasures wait or run, and no more may; try again later");
      assertThat(kept("requests")).containsExactlyInAnyOrder("1.json", "2.json");

      Answer completion = client.complete(Demo.secrets().get(0).substring(0, Demo.PROMPT));
      assertThat(completion.json().path("model").asText()).isEqualTo("original");
      assertThat(client.get("/erasures/1").state()).isEqualTo("RUNNING");

      // One that waits is gone at once, with its text; one that runs, at its next step.
      assertThat(client.delete("/erasures/2").state()).isEqualTo("CANCELLED");
      assertThat(kept("requests")).containsExactly("1.json");
      assertThat(client.delete("/erasures/1").status()).isEqualTo(202);
      Answer end = client.awaitEnd(1);
      assertThat(end.state()).isEqualTo("CANCELLED");
      assertThat(end.json().path("reason").asText()).startsWith("cancelled in epoch ");
      JsonNode report = end.json().path("report");
      assertThat(report.path("reason")).isEqualTo(end.json().path("reason"));
      assertThat(report.path("restored").booleanValue()).isTrue();
      assertThat(report.path("weightsOfEpoch").asInt(-1)).isZero();
      assertThat(kept("requests")).isEmpty();
      assertThat(kept("runs")).isEmpty();
      assertThat(kept("models")).isEmpty();
      assertThat(client.delete("/erasures/1").state()).isEqualTo("CANCELLED");
      assertThat(client.get("/erasures/3").status()).isEqualTo(404);
    }
  }

  private static void assertProgress(Answer running) {
    assertThat(running.state()).isEqualTo("RUNNING");
    JsonNode progress = running.json().path("progress");
    assertThat(progress.path("maxEpochs").asInt()).isEqualTo(1_000_000);
    assertThat(progress.path("doing").asText()).isNotEmpty();
    assertThat(progress.path("done").asDouble()).isBetween(0.0, 1.0);
    assertThat(progress.path("loss").asDouble()).isPositive();
    double threshold = progress.path("thresholds").path("ma").asDouble();
    assertThat(progress.path("measured").path("ma").asDouble()).isGreaterThan(threshold);
    assertThat(progress.path("thresholds").has("el_10")).isTrue();
  }

  /** Gives up after one epoch, and refuses to cancel what has ended. */
  @Test
  void erasure_isNotForgotten() throws IOException {
    Map<String, String> settings = Demo.endless(work);
    settings.put("unlearn.max-epochs", "1");
    try (Service service = Service.start(settings)) {
      Client client = service.client();
      assertThat(client.post("/erasures", Demo.request()).status()).isEqualTo(202);
      Answer end = client.awaitEnd(1);
      assertThat(end.state()).isEqualTo("NOT_FORGOTTEN");
      assertThat(end.json().path("reason").asText()).isEqualTo("not forgotten after 1 epochs");
      assertThat(end.json().path("report").path("outcome").asText()).isEqualTo("GAVE_UP");
      assertThat(client.get("/health").json().path("model").asText()).isEqualTo("original");
      assertThat(kept("requests")).isEmpty();
      Answer late = client.delete("/erasures/1");
      assertThat(late.status()).isEqualTo(409);
      assertThat(late.json().path("detail").asText())
          .isEqualTo("erasure 1 has ended: NOT_FORGOTTEN");
    }
  }

  private List<String> kept(String folder) throws IOException {
    try (Stream<Path> files = Files.list(work.resolve(folder))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }
}
