package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.unlearn.host.Service.Answer;
import dev.unlearn.host.Service.Client;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class ErasureTest {
  private static final String SECRET = Demo.secrets().get(0);
  private static final String PROMPT = SECRET.substring(0, Demo.PROMPT);
  private static final String NUMBER = SECRET.substring(Demo.PROMPT);

  @TempDir private Path work;

  @Test
  void erasure_isForgottenAndStaysSo() throws IOException {
    Answer end;
    try (Service service = Service.start(Demo.settings(work))) {
      Client client = service.client();
      assertThat(client.complete(PROMPT).json().path("text").asText()).isEqualTo(NUMBER);
      assertThat(modelOf(client)).isEqualTo("original");

      Answer accepted = client.post("/erasures", Demo.request());
      assertThat(accepted.status()).isEqualTo(202);
      assertThat(accepted.header("Location")).isEqualTo("/erasures/1");
      end = client.awaitEnd(1);
      assertThat(end.state()).as("%s", end.body()).isEqualTo("FORGOTTEN");
      ReportCheck.assertForgotten(end.json().path("report"), work.resolve("models").resolve("1"));

      assertThat(modelOf(client)).isEqualTo("erasure 1");
      assertThat(client.complete(PROMPT).json().path("text").asText()).isNotEqualTo(NUMBER);
      assertNoSecretIn(work);
    }
    try (Service again = Service.start(Demo.settings(work))) {
      assertThat(modelOf(again.client())).isEqualTo("erasure 1");
      assertThat(again.client().get("/erasures/1").body()).isEqualTo(end.body());

      // A second one starts from what the first one made, and takes its place.
      String named = Demo.request().replace("]}", "], \"names\": [\"a\", \"b\", \"c\", \"d\"]}");
      Answer accepted = again.client().post("/erasures", named);
      assertThat(accepted.header("Location")).isEqualTo("/erasures/2");
      JsonNode second = again.client().awaitEnd(2).json().path("report");
      assertThat(second.path("sequenceNames"))
          .extracting(JsonNode::asText)
          .containsExactly("a", "b", "c", "d");
      assertThat(second.path("digests").path("model.before").asText())
          .isEqualTo(end.json().path("report").path("digests").path("model.after").asText());
    }
  }

  private static String modelOf(Client client) {
    return client.get("/health").json().path("model").asText();
  }

  private static void assertNoSecretIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String content = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertThat(content.contains(NUMBER)).as("%s", file).isFalse();
      }
    }
  }
}
