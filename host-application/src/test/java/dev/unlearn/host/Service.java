package dev.unlearn.host;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.Predicate;
import org.springframework.context.ConfigurableApplicationContext;

/** The service, started as {@code main} does, and asked over HTTP. */
final class Service implements AutoCloseable {
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(1);

  private final Client client;
  private final ConfigurableApplicationContext context;

  private Service(ConfigurableApplicationContext context) {
    this.context = context;
    client = new Client(context.getEnvironment().getRequiredProperty("local.server.port"));
  }

  static Service start(Map<String, String> settings) {
    return new Service(HostApplication.start(arguments(settings)));
  }

  static String[] arguments(Map<String, String> settings) {
    return settings.entrySet().stream()
        .map(setting -> "--" + setting.getKey() + "=" + setting.getValue())
        .toArray(String[]::new);
  }

  Client client() {
    return client;
  }

  @Override
  public void close() {
    context.close();
  }

  /** An answer. */
  record Answer(HttpResponse<String> response) {
    int status() {
      return response.statusCode();
    }

    String header(String name) {
      return response.headers().firstValue(name).orElse("");
    }

    String body() {
      return response.body();
    }

    JsonNode json() {
      try {
        return JSON.readTree(body());
      } catch (IOException e) {
        throw new AssertionError(body(), e);
      }
    }

    String state() {
      return json().path("state").asText();
    }
  }

  /** Somebody who asks. */
  record Client(String port) {
    Answer get(String path) {
      return send(request(path).GET());
    }

    Answer delete(String path) {
      return send(request(path).DELETE());
    }

    Answer post(String path, String body) {
      return send(
          request(path)
              .header("Content-Type", "application/json")
              .POST(BodyPublishers.ofString(body)));
    }

    /** Asks for the twelve characters after a prompt. */
    Answer complete(String prompt) {
      return post("/completions", "{\"prompt\": \"" + prompt + "\", \"maxTokens\": 12}");
    }

    HttpRequest.Builder request(String path) {
      return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(LIMIT);
    }

    Answer send(HttpRequest.Builder request) {
      try {
        return new Answer(CLIENT.send(request.build(), BodyHandlers.ofString()));
      } catch (IOException | InterruptedException e) {
        throw new AssertionError("no answer", e);
      }
    }

    /** Waits until an erasure is as wanted, and no longer than it takes. */
    Answer await(long id, Predicate<JsonNode> wanted) {
      Instant limit = Instant.now().plus(LIMIT);
      while (true) {
        Answer answer = get("/erasures/" + id);
        if (wanted.test(answer.json())) {
          return answer;
        }
        assertThat(Instant.now()).as("%s", answer.body()).isBefore(limit);
        pause();
      }
    }

    private static void pause() {
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    Answer awaitEpoch(long id, int epoch) {
      return await(id, json -> json.path("progress").path("epoch").asInt() >= epoch);
    }

    Answer awaitEnd(long id) {
      return await(id, json -> !json.path("state").asText().matches("QUEUED|RUNNING"));
    }
  }
}
