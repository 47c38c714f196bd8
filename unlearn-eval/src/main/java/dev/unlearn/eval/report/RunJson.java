package dev.unlearn.eval.report;

import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Health;
import dev.unlearn.api.MetricResult;
import dev.unlearn.api.ModelInfo;
import java.util.Map;

/** A run as JSON; {@code docs/report.md} describes the schema. */
final class RunJson {
  private RunJson() {}

  static JsonObject of(ForgetReport run) {
    JsonObject json = new JsonObject();
    json.addProperty("outcome", run.outcome().name());
    json.addProperty("reason", run.reason());
    json.addProperty("criterionMet", run.criterionMet());
    json.addProperty("criterionMetTogether", run.criterionMetTogether());
    json.addProperty("restored", run.restored());
    json.addProperty("weightsOfEpoch", run.weightsOfEpoch());
    json.add("sequencesAbove", AuditJson.array(run.sequencesAbove(), JsonPrimitive::new));
    run.health().ifPresent(health -> json.add("health", health(health)));
    run.resumedAfter().ifPresent(epoch -> json.addProperty("resumedAfter", epoch));
    json.add("sequenceNames", AuditJson.array(run.sequenceNames(), JsonPrimitive::new));
    json.addProperty("targetCount", run.targetCount());
    json.add("model", model(run.model()));
    json.addProperty("startedAt", run.startedAt().toString());
    json.addProperty("seconds", run.duration().toMillis() / 1000.0);
    json.add("settings", AuditJson.strings(run.settings()));
    json.add("versions", AuditJson.strings(run.versions()));
    json.add("digests", AuditJson.strings(run.digests()));
    json.add("epochs", AuditJson.array(run.epochs(), RunJson::epoch));
    return json;
  }

  private static JsonObject health(Health health) {
    JsonObject json = new JsonObject();
    json.add("lossBefore", AuditJson.number(health.lossBefore()));
    json.add("lossAfter", AuditJson.number(health.lossAfter()));
    json.add("maBefore", AuditJson.number(health.maBefore()));
    json.add("maAfter", AuditJson.number(health.maAfter()));
    json.add("maxLossIncrease", AuditJson.number(health.bound().maxLossIncrease()));
    json.add("maxMaDrop", AuditJson.number(health.bound().maxMaDrop()));
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
    json.add("lot", AuditJson.array(epoch.lot(), JsonPrimitive::new));
    epoch.loss().ifPresent(value -> json.add("loss", AuditJson.number(value)));
    epoch.objective().ifPresent(value -> json.add("objective", AuditJson.number(value)));
    epoch.gradientNorm().ifPresent(value -> json.add("gradientNorm", AuditJson.number(value)));
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
          metric.add("value", AuditJson.number(result.value()));
          metric.add("perSequence", AuditJson.array(result.perSequence(), AuditJson::number));
          json.add(key, metric);
        });
    return json;
  }
}
