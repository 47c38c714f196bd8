package dev.unlearn.eval.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.stat.Estimate;
import java.util.Collection;
import java.util.Map;
import java.util.function.Function;

/** All of an audit as JSON; {@code docs/report.md} describes the schema. */
final class AuditJson {
  /** Grows when a reader of an earlier version would misread the new one. */
  static final int VERSION = 1;

  /** Escapes what could end a script element; undefined values are null. */
  private static final Gson GSON = new GsonBuilder().serializeNulls().setPrettyPrinting().create();

  private AuditJson() {}

  static String text(Audit audit) {
    return text(of(audit));
  }

  static String text(JsonObject json) {
    return GSON.toJson(json) + "\n";
  }

  private static JsonObject of(Audit audit) {
    JsonObject json = new JsonObject();
    json.addProperty("format", "dev.unlearn.audit");
    json.addProperty("version", VERSION);
    json.addProperty("title", audit.title());
    json.addProperty("createdAt", audit.createdAt().toString());
    JsonArray sequences = new JsonArray();
    for (int i = 0; i < audit.sequenceNames().size(); i++) {
      JsonObject sequence = new JsonObject();
      sequence.addProperty("index", i);
      sequence.addProperty("name", audit.sequenceNames().get(i));
      if (!Sequences.domain(audit, i).isEmpty()) {
        sequence.addProperty("domain", Sequences.domain(audit, i));
      }
      sequences.add(sequence);
    }
    json.add("sequences", sequences);
    audit.run().ifPresent(run -> json.add("run", RunJson.of(run)));
    json.add("measurements", array(audit.measurements(), AuditJson::measurement));
    json.add("attacks", array(audit.attacks(), AuditJson::attack));
    json.add("settings", strings(audit.settings()));
    json.add("versions", strings(audit.versions()));
    json.add("digests", strings(audit.digests()));
    json.add("limits", array(Limits.all(audit), JsonPrimitive::new));
    return json;
  }

  private static JsonObject measurement(Measurement row) {
    JsonObject json = new JsonObject();
    json.addProperty("side", row.side().name());
    json.addProperty("key", row.key());
    json.addProperty("title", row.title());
    json.addProperty("data", row.data());
    row.domain().ifPresent(domain -> json.addProperty("domain", domain));
    if (!row.baseline().isEmpty()) {
      json.addProperty("baseline", row.baseline());
    }
    json.addProperty("better", row.better().name());
    row.reference()
        .ifPresent(
            value -> {
              json.add("reference", number(value));
              json.addProperty("referenceName", row.referenceName());
            });
    row.before().ifPresent(value -> json.add("before", estimate(value)));
    json.add("after", estimate(row.after()));
    row.change().ifPresent(value -> json.add("change", estimate(value)));
    json.add("itemsBefore", array(row.itemsBefore(), AuditJson::number));
    json.add("itemsAfter", array(row.itemsAfter(), AuditJson::number));
    json.add("notes", array(row.notes(), JsonPrimitive::new));
    return json;
  }

  private static JsonObject attack(AttackResult attack) {
    JsonObject json = new JsonObject();
    json.addProperty("attack", attack.attack());
    json.addProperty("title", attack.title());
    json.addProperty("description", attack.description());
    json.addProperty("metric", attack.metric());
    json.add("margin", number(attack.margin()));
    json.addProperty("recovery", attack.recovery().name());
    json.add("points", array(attack.points(), AuditJson::point));
    json.add("notes", array(attack.notes(), JsonPrimitive::new));
    return json;
  }

  private static JsonObject point(AttackPoint point) {
    JsonObject json = new JsonObject();
    json.addProperty("setting", point.setting());
    json.add("strength", number(point.strength()));
    json.add("forgotten", estimate(point.forgotten()));
    json.add("perSequence", array(point.perSequence(), AuditJson::number));
    point.unseen().ifPresent(value -> json.add("unseen", estimate(value)));
    point.before().ifPresent(value -> json.add("before", estimate(value)));
    point.excess().ifPresent(value -> json.add("excess", estimate(value)));
    return json;
  }

  static JsonObject estimate(Estimate estimate) {
    JsonObject json = new JsonObject();
    json.add("value", number(estimate.value()));
    estimate
        .interval()
        .ifPresent(
            interval -> {
              json.add("low", number(interval.low()));
              json.add("high", number(interval.high()));
              json.add("confidence", number(interval.confidence()));
            });
    json.addProperty("units", estimate.unitCount());
    json.addProperty("method", estimate.method());
    return json;
  }

  /** Returns a number as JSON knows it: null for NaN, a word for the infinite. */
  static JsonElement number(double value) {
    if (Double.isNaN(value)) {
      return JsonNull.INSTANCE;
    }
    return Double.isInfinite(value)
        ? new JsonPrimitive(value > 0 ? "Infinity" : "-Infinity")
        : new JsonPrimitive(value);
  }

  static <T> JsonArray array(
      Collection<? extends T> values, Function<? super T, ? extends JsonElement> element) {
    JsonArray array = new JsonArray();
    values.forEach(value -> array.add(element.apply(value)));
    return array;
  }

  static JsonObject strings(Map<String, String> values) {
    JsonObject json = new JsonObject();
    values.forEach(json::addProperty);
    return json;
  }
}
