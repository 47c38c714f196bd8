package dev.unlearn.eval.report;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Health;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.ModelInfo;
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
    return GSON.toJson(of(audit)) + "\n";
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
    audit.run().ifPresent(run -> json.add("run", run(run)));
    json.add("measurements", array(audit.measurements(), AuditJson::measurement));
    json.add("attacks", array(audit.attacks(), AuditJson::attack));
    json.add("settings", strings(audit.settings()));
    json.add("versions", strings(audit.versions()));
    json.add("digests", strings(audit.digests()));
    json.add("limits", array(Limits.all(audit), JsonPrimitive::new));
    return json;
  }

  private static JsonObject run(ForgetReport run) {
    JsonObject json = new JsonObject();
    json.addProperty("outcome", run.outcome().name());
    json.addProperty("reason", run.reason());
    json.addProperty("forgotten", run.forgotten());
    json.addProperty("forgottenTogether", run.forgottenTogether());
    json.addProperty("restored", run.restored());
    json.addProperty("weightsOfEpoch", run.weightsOfEpoch());
    json.add("sequencesAbove", array(run.sequencesAbove(), JsonPrimitive::new));
    run.health().ifPresent(health -> json.add("health", health(health)));
    run.resumedAfter().ifPresent(epoch -> json.addProperty("resumedAfter", epoch));
    json.addProperty("targetCount", run.targetCount());
    json.add("model", model(run.model()));
    json.addProperty("startedAt", run.startedAt().toString());
    json.addProperty("seconds", run.duration().toMillis() / 1000.0);
    json.add("settings", strings(run.settings()));
    json.add("versions", strings(run.versions()));
    json.add("digests", strings(run.digests()));
    json.add("epochs", array(run.epochs(), AuditJson::epoch));
    return json;
  }

  private static JsonObject health(Health health) {
    JsonObject json = new JsonObject();
    json.add("lossBefore", number(health.lossBefore()));
    json.add("lossAfter", number(health.lossAfter()));
    json.add("maBefore", number(health.maBefore()));
    json.add("maAfter", number(health.maAfter()));
    json.add("maxLossIncrease", number(health.bound().maxLossIncrease()));
    json.add("maxMaDrop", number(health.bound().maxMaDrop()));
    json.addProperty("healthy", health.healthy());
    return json;
  }

  private static JsonObject model(ModelInfo model) {
    JsonObject json = new JsonObject();
    json.addProperty("family", model.family());
    json.addProperty("parameterCount", model.parameterCount());
    json.addProperty("layerCount", model.layerCount());
    json.addProperty("dataType", model.dataType());
    json.addProperty("device", model.device());
    return json;
  }

  private static JsonObject epoch(EpochReport epoch) {
    JsonObject json = new JsonObject();
    json.addProperty("epoch", epoch.epoch());
    json.addProperty("lotEpoch", epoch.lotEpoch());
    json.add("lot", array(epoch.lot(), JsonPrimitive::new));
    epoch.loss().ifPresent(value -> json.add("loss", number(value)));
    epoch.objective().ifPresent(value -> json.add("objective", number(value)));
    epoch.gradientNorm().ifPresent(value -> json.add("gradientNorm", number(value)));
    json.add("metrics", metrics(epoch.metrics()));
    json.add("otherMetrics", metrics(epoch.otherMetrics()));
    json.addProperty("decision", epoch.decision().toString());
    json.addProperty("seconds", epoch.duration().toMillis() / 1000.0);
    return json;
  }

  private static JsonObject metrics(Map<String, MetricResult> metrics) {
    JsonObject json = new JsonObject();
    metrics.forEach(
        (key, result) -> {
          JsonObject metric = new JsonObject();
          metric.add("value", number(result.value()));
          metric.add("perSequence", array(result.perSequence(), AuditJson::number));
          json.add(key, metric);
        });
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

  private static JsonObject strings(Map<String, String> values) {
    JsonObject json = new JsonObject();
    values.forEach(json::addProperty);
    return json;
  }
}
