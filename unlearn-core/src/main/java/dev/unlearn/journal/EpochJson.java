package dev.unlearn.journal;

import com.google.gson.stream.JsonWriter;
import dev.unlearn.api.Decision;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.Interval;
import dev.unlearn.api.MetricResult;
import java.io.IOException;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Writes lines of a journal as JSON that {@link EpochJsonReader} reads exactly. */
final class EpochJson {
  private final StringWriter text = new StringWriter();
  private final JsonWriter json = new JsonWriter(text);

  private EpochJson() {}

  static String of(JournalHeader header) throws IOException {
    EpochJson writer = new EpochJson();
    writer.header(header);
    return writer.text.toString();
  }

  static String of(JournalEntry entry) throws IOException {
    EpochJson writer = new EpochJson();
    writer.entry(entry);
    return writer.text.toString();
  }

  private void header(JournalHeader header) throws IOException {
    json.beginObject();
    json.name("format").value(Journal.FORMAT);
    map("settings", header.settings(), json::value);
    map("versions", header.versions(), json::value);
    map("fingerprints", header.fingerprints(), json::value);
    map("numbers", header.numbers(), json::value);
    json.endObject();
  }

  private void entry(JournalEntry entry) throws IOException {
    EpochRecord epoch = entry.epoch();
    json.beginObject();
    json.name("report");
    report(epoch.report());
    map("objectiveMemory", epoch.objectiveMemory(), this::number);
    map("corpora", epoch.corpora(), json::value);
    if (epoch.best().isPresent()) {
      json.name("best").beginObject();
      json.name("epoch").value(epoch.best().get().epoch());
      json.name("value");
      number(epoch.best().get().value());
      json.endObject();
    }
    if (entry.state().isPresent()) {
      reference("stateFile", entry.state().get());
    }
    if (entry.best().isPresent()) {
      reference("bestFile", entry.best().get());
    }
    json.endObject();
  }

  private void reference(String name, StateReference file) throws IOException {
    json.name(name).beginObject();
    json.name("name").value(file.name());
    json.name("mac").value(file.mac());
    json.endObject();
  }

  private void report(EpochReport report) throws IOException {
    json.beginObject();
    json.name("epoch").value(report.epoch());
    json.name("lotEpoch").value(report.lotEpoch());
    integers("lot", report.lot());
    optional("loss", report.loss());
    optional("objective", report.objective());
    optional("gradientNorm", report.gradientNorm());
    map("metrics", report.metrics(), this::metric);
    map("otherMetrics", report.otherMetrics(), this::metric);
    json.name("decision");
    decision(report.decision());
    json.name("seconds").value(report.duration().toSeconds());
    json.name("nanos").value(report.duration().toNanosPart());
    json.endObject();
  }

  private void metric(MetricResult result) throws IOException {
    json.beginObject();
    json.name("key").value(result.key());
    json.name("value");
    number(result.value());
    json.name("perSequence").beginArray();
    for (double value : result.perSequence()) {
      number(value);
    }
    json.endArray();
    if (result.interval().isPresent()) {
      Interval interval = result.interval().get();
      json.name("interval").beginArray();
      number(interval.low());
      number(interval.high());
      number(interval.confidence());
      json.endArray();
    }
    json.endObject();
  }

  private void decision(Decision decision) throws IOException {
    json.beginObject();
    if (decision instanceof Decision.Proceed proceed) {
      json.name("kind").value("proceed");
      integers("forgotten", proceed.forgotten());
    } else if (decision instanceof Decision.Forgotten forgotten) {
      json.name("kind").value("forgotten");
      json.name("reason").value(forgotten.reason());
      integers("above", forgotten.above());
    } else if (decision instanceof Decision.GiveUp giveUp) {
      json.name("kind").value("giveUp");
      json.name("reason").value(giveUp.reason());
    }
    json.endObject();
  }

  private void optional(String name, OptionalDouble value) throws IOException {
    if (value.isPresent()) {
      json.name(name);
      number(value.getAsDouble());
    }
  }

  private void integers(String name, List<Integer> values) throws IOException {
    json.name(name).beginArray();
    for (int value : values) {
      json.value(value);
    }
    json.endArray();
  }

  /** JSON has no numbers that are not finite: those are strings. */
  private void number(double value) throws IOException {
    if (Double.isFinite(value)) {
      json.value(value);
    } else {
      json.value(Double.toString(value));
    }
  }

  private <V> void map(String name, Map<String, V> map, Value<V> value) throws IOException {
    json.name(name).beginObject();
    for (Map.Entry<String, V> entry : map.entrySet()) {
      json.name(entry.getKey());
      value.write(entry.getValue());
    }
    json.endObject();
  }

  @FunctionalInterface
  private interface Value<V> {
    void write(V value) throws IOException;
  }
}
