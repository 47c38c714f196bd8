package dev.unlearn.journal;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.Interval;
import dev.unlearn.api.MetricResult;
import java.io.IOException;
import java.io.StringReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what {@link EpochJson} wrote, member by member in its order. A line's text has been checked
 * by then, so it is of that form, or of another version's.
 */
final class EpochJsonReader {
  private final JsonReader json;

  private EpochJsonReader(String text) {
    json = new JsonReader(new StringReader(text));
    json.setStrictness(Strictness.STRICT);
  }

  /** Returns the version of the format that a header tells. */
  static long format(String text) throws IOException {
    EpochJsonReader reader = new EpochJsonReader(text);
    reader.json.beginObject();
    reader.expect("format");
    return reader.json.nextLong();
  }

  static JournalHeader header(String text) throws IOException {
    EpochJsonReader reader = new EpochJsonReader(text);
    JsonReader json = reader.json;
    json.beginObject();
    reader.expect("format");
    json.skipValue();
    JournalHeader header =
        new JournalHeader(
            reader.map("settings", json::nextString),
            reader.map("versions", json::nextString),
            reader.map("fingerprints", json::nextString),
            reader.map("numbers", json::nextLong));
    json.endObject();
    reader.expectEnd();
    return header;
  }

  static JournalEntry entry(String text) throws IOException {
    EpochJsonReader reader = new EpochJsonReader(text);
    JournalEntry entry = reader.entry();
    reader.expectEnd();
    return entry;
  }

  private JournalEntry entry() throws IOException {
    json.beginObject();
    expect("report");
    EpochReport report = report();
    Map<String, Double> memory = map("objectiveMemory", this::number);
    Map<String, String> corpora = map("corpora", json::nextString);
    Optional<EpochRecord.Best> best = Optional.empty();
    Optional<StateReference> state = Optional.empty();
    Optional<StateReference> bestFile = Optional.empty();
    while (json.hasNext()) {
      String name = json.nextName();
      switch (name) {
        case "best" -> best = Optional.of(best());
        case "stateFile" -> state = Optional.of(reference());
        case "bestFile" -> bestFile = Optional.of(reference());
        default -> throw new IOException("unknown member: " + name);
      }
    }
    json.endObject();
    return new JournalEntry(new EpochRecord(report, memory, corpora, best), state, bestFile);
  }

  private EpochRecord.Best best() throws IOException {
    json.beginObject();
    expect("epoch");
    int epoch = json.nextInt();
    expect("value");
    double value = number();
    json.endObject();
    return new EpochRecord.Best(epoch, value);
  }

  private StateReference reference() throws IOException {
    json.beginObject();
    expect("name");
    String name = json.nextString();
    expect("mac");
    String mac = json.nextString();
    json.endObject();
    return new StateReference(name, mac);
  }

  private EpochReport report() throws IOException {
    EpochReport.Builder report = EpochReport.builder();
    long seconds = 0;
    json.beginObject();
    while (json.hasNext()) {
      String name = json.nextName();
      switch (name) {
        case "epoch" -> report.epoch(json.nextInt());
        case "lotEpoch" -> report.lotEpoch(json.nextInt());
        case "lot" -> report.addAllLot(list(json::nextInt));
        case "loss" -> report.loss(number());
        case "objective" -> report.objective(number());
        case "gradientNorm" -> report.gradientNorm(number());
        case "metrics" -> report.putAllMetrics(values(this::metric));
        case "otherMetrics" -> report.putAllOtherMetrics(values(this::metric));
        case "decision" -> report.decision(decision());
        case "seconds" -> seconds = json.nextLong();
        case "nanos" -> report.duration(Duration.ofSeconds(seconds, json.nextLong()));
        default -> throw new IOException("unknown member: " + name);
      }
    }
    json.endObject();
    return report.build();
  }

  private MetricResult metric() throws IOException {
    json.beginObject();
    expect("key");
    String key = json.nextString();
    expect("value");
    double value = number();
    expect("perSequence");
    List<Double> perSequence = list(this::number);
    MetricResult result;
    if (json.hasNext()) {
      expect("interval");
      List<Double> bounds = list(this::number);
      Interval interval = new Interval(bounds.get(0), bounds.get(1), bounds.get(2));
      result = MetricResult.of(key, value, perSequence, interval);
    } else {
      result = MetricResult.of(key, value, perSequence);
    }
    json.endObject();
    return result;
  }

  private Decision decision() throws IOException {
    json.beginObject();
    expect("kind");
    Decision decision =
        switch (json.nextString()) {
          case "proceed" -> Decision.proceed(integers("forgotten"));
          case "forgotten" -> Decision.forgotten(string("reason"), integers("above"));
          case "giveUp" -> Decision.giveUp(string("reason"));
          default -> throw new IOException("unknown decision");
        };
    json.endObject();
    return decision;
  }

  private String string(String name) throws IOException {
    expect(name);
    return json.nextString();
  }

  private List<Integer> integers(String name) throws IOException {
    expect(name);
    return list(json::nextInt);
  }

  private double number() throws IOException {
    return Double.parseDouble(json.nextString());
  }

  private <V> List<V> list(Value<V> value) throws IOException {
    List<V> list = new ArrayList<>();
    json.beginArray();
    while (json.hasNext()) {
      list.add(value.read());
    }
    json.endArray();
    return list;
  }

  private <V> Map<String, V> map(String name, Value<V> value) throws IOException {
    expect(name);
    return values(value);
  }

  private <V> Map<String, V> values(Value<V> value) throws IOException {
    Map<String, V> map = new LinkedHashMap<>();
    json.beginObject();
    while (json.hasNext()) {
      map.put(json.nextName(), value.read());
    }
    json.endObject();
    return map;
  }

  private void expect(String name) throws IOException {
    String found = json.nextName();
    if (!found.equals(name)) {
      throw new IOException("expected %s, but found %s".formatted(name, found));
    }
  }

  private void expectEnd() throws IOException {
    if (json.peek() != JsonToken.END_DOCUMENT) {
      throw new IOException("expected nothing more");
    }
  }

  @FunctionalInterface
  private interface Value<V> {
    V read() throws IOException;
  }
}
