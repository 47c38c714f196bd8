package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.host.Service.Answer;
import dev.unlearn.host.Service.Client;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each is answered with problem details that name the rule and never what was sent. */
@Tag("engine")
final class BadRequestsTest {
  private static final String SECRET = Demo.secrets().get(0);
  private static final String NOTHING = "there is nothing for this path, method and content type";
  private static final int MAX_BODY = 2048;

  @TempDir private static Path folder;
  private static Service service;
  private static Client client;

  @BeforeAll
  static void start() {
    Map<String, String> settings = Demo.settings(folder.resolve("work"));
    settings.put("unlearn.max-body", MAX_BODY + "B");
    settings.put("logging.file.name", folder.resolve("log").toString());
    service = Service.start(settings);
    client = service.client();
  }

  /** Nothing was accepted, and the log is as silent as the answers. */
  @AfterAll
  static void stop() throws IOException {
    service.close();
    try (Stream<Path> requests = Files.list(folder.resolve("work").resolve("requests"))) {
      assertThat(requests).isEmpty();
    }
    assertThat(folder.resolve("log"))
        .content()
        .contains("Tomcat started")
        .doesNotContain(SECRET, "ERROR");
  }

  static Stream<Arguments> erasures() {
    String longest = "x".repeat(33);
    return Stream.of(
        Arguments.of("", "the body must be JSON, but cannot be read"),
        Arguments.of(
            SECRET.replace(' ', '_'), "the body must be JSON, but is not, at line 1, column 1"),
        Arguments.of(
            "{\"texts\": [\"" + SECRET, "the body must be JSON, but is not, at line 1, column 34"),
        Arguments.of(texts(SECRET) + "}", "the body must be JSON, but is not"),
        Arguments.of("[\"" + SECRET + "\"]", "the body is not of the right form, at line 1"),
        Arguments.of(
            "{\"texts\": \"" + SECRET + "\"}", "the body is not of the right form, at line 1"),
        Arguments.of(
            "{\"texts\": [\"" + SECRET + "\"],\n\"" + SECRET + "\": 1}",
            "there is an unknown field; known are: [names, texts]"),
        Arguments.of(
            "{\"texts\": [\"" + SECRET + "\"], \"texts\": [\"" + SECRET + "\"]}",
            "the body must be JSON, but is not"),
        Arguments.of("{\"texts\": [12345]}", "the body is not of the right form, at line 1"),
        Arguments.of("{\"texts\": [true]}", "the body is not of the right form, at line 1"),
        Arguments.of("{}", "texts must hold at least one, but hold none"),
        Arguments.of("{\"texts\": []}", "texts must hold at least one, but hold none"),
        Arguments.of("{\"texts\": [null]}", "texts must not be blank, but 0 is"),
        Arguments.of(texts(SECRET, " "), "texts must not be blank, but 1 is"),
        Arguments.of(
            "{\"texts\": [\"" + SECRET + "\"], \"names\": [\"a\", \"b\"]}",
            "names must be as many as texts (1), but are: 2"),
        Arguments.of(
            texts(SECRET, SECRET.substring(0, 10)),
            "order (10) must be < sequence length (10) of sequence 1;"
                + " extraction likelihood is undefined for it"),
        Arguments.of(
            texts(SECRET, longest),
            "text 1 has 33 tokens; the model's context length allows at most 32"),
        Arguments.of(
            texts(SECRET + "0000"),
            "the longest unseen sequence (21 tokens) must be at least as long as the longest"
                + " sequence of the forget set (25 tokens)"),
        Arguments.of(
            texts(SECRET, SECRET + "!"),
            "text 1: the tokenizer has no token for what stands at character 21"));
  }

  @ParameterizedTest
  @MethodSource("erasures")
  void erasure_isRefused(String body, String detail) {
    assertProblem(client.post("/erasures", body), 400, detail);
  }

  static Stream<Arguments> completions() {
    return Stream.of(
        Arguments.of("{\"prompt\": \"" + SECRET + "\"}", "maxTokens must be > 0, but was: 0"),
        Arguments.of("{\"maxTokens\": 1}", "prompt must not be empty"),
        Arguments.of(
            "{\"prompt\": \"" + SECRET + "\", \"maxTokens\": \"" + SECRET + "\"}",
            "the body is not of the right form, at line 1"),
        Arguments.of(
            "{\"prompt\": \"" + SECRET + "\", \"maxTokens\": 12}",
            "prompt 0 of 21 tokens would grow to 33; the model's context length allows at most"
                + " 32"));
  }

  @ParameterizedTest
  @MethodSource("completions")
  void completion_isRefused(String body, String detail) {
    assertProblem(client.post("/completions", body), 400, detail);
  }

  @Test
  void body_isTooLarge() {
    String body = texts(SECRET) + " ".repeat(MAX_BODY);
    assertProblem(
        client.post("/erasures", body),
        413,
        "the body must have at most 2048 bytes, but has: " + body.length());
  }

  @Test
  void body_hasNoLength() {
    byte[] body = texts(SECRET).getBytes(StandardCharsets.UTF_8);
    assertProblem(
        client.send(
            client
                .request("/erasures")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)))),
        411,
        "the request must have a Content-Length");
  }

  @Test
  void request_isNotWhatTheServiceTakes() {
    assertProblem(
        client.send(client.request("/erasures").POST(BodyPublishers.ofString(texts(SECRET)))),
        415,
        NOTHING);
    assertProblem(client.get("/erasures"), 405, NOTHING);
    assertProblem(client.get("/erasures/99"), 404, "there is no erasure 99");
    assertProblem(client.delete("/erasures/99"), 404, "there is no erasure 99");
    assertProblem(client.get("/erasures/" + SECRET.replace(' ', '_')), 404, NOTHING);
  }

  private static String texts(String... texts) {
    return "{\"texts\": [\"" + String.join("\", \"", texts) + "\"]}";
  }

  private static void assertProblem(Answer answer, int status, String detail) {
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
    assertThat(answer.json().path("status").asInt()).isEqualTo(status);
    assertThat(answer.json().path("title").asText()).isNotEmpty();
    assertThat(answer.json().path("detail").asText()).startsWith(detail);
    assertThat(answer.body()).doesNotContain(SECRET, SECRET.substring(9), "Exception", "\\tat ");
  }
}
