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
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.MetricTitles;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.stat.Estimate;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the script of the page draws: numbers as JSON, and how each chart reads in words. */
final class Charts {
  /** Escapes for a script element: {@code <}, {@code >}, {@code &} and line separators. */
  private static final Gson GSON = new GsonBuilder().serializeNulls().create();

  private final Audit audit;
  private final JsonArray data = new JsonArray();

  /**
   * A place for a chart.
   *
   * @param id of the element
   * @param title of the chart
   * @param words what it shows, for those who do not see it
   * @param reference what its line is, empty if it has none
   * @param bars whether it has bars before and after, not lines
   * @param before whether it has values before
   * @param gaps whether some sequence has none
   */
  record Chart(
      String id,
      String title,
      String words,
      String reference,
      boolean bars,
      boolean before,
      boolean gaps) {}

  Charts(Audit audit) {
    this.audit = audit;
  }

  /** Returns the data of all charts that were asked for, for a script element. */
  String json() {
    return GSON.toJson(data);
  }

  /** Returns a chart of every quantity that a run has per epoch. */
  List<Chart> epochs() {
    List<EpochReport> epochs = audit.run().map(ForgetReport::epochs).orElse(List.of());
    List<Chart> charts = new ArrayList<>();
    if (epochs.size() < 2) {
      return charts;
    }
    addEpochs(charts, epochs, "Loss of what an update forgets, nats per token", "", e -> e.loss());
    for (String key : Epochs.keys(epochs, EpochReport::metrics)) {
      addEpochs(charts, epochs, MetricTitles.of(key), key, e -> value(e.metrics().get(key)));
    }
    for (String key : Epochs.keys(epochs, EpochReport::otherMetrics)) {
      addEpochs(
          charts,
          epochs,
          MetricTitles.of(key) + " on other data",
          "",
          e -> value(e.otherMetrics().get(key)));
    }
    return charts;
  }

  private static OptionalDouble value(@Nullable MetricResult result) {
    return result == null ? OptionalDouble.empty() : OptionalDouble.of(result.value());
  }

  private void addEpochs(
      List<Chart> charts,
      List<EpochReport> epochs,
      String title,
      String key,
      Function<EpochReport, OptionalDouble> values) {
    List<Integer> lots = Epochs.lots(epochs);
    JsonArray points = new JsonArray();
    List<Double> defined = new ArrayList<>();
    for (int i = 0; i < epochs.size(); i++) {
      double value = values.apply(epochs.get(i)).orElse(Double.NaN);
      if (Double.isFinite(value)) {
        defined.add(value);
      }
      JsonArray point = new JsonArray();
      point.add(epochs.get(i).epoch());
      point.add(finite(value));
      point.add(lots.get(i));
      points.add(point);
    }
    if (defined.isEmpty()) {
      return;
    }
    JsonObject chart = chart("epochs", title);
    chart.add("points", points);
    Optional<Measurement> reference = reference(key);
    reference.ifPresent(row -> addReference(chart, row));
    int lotCount = lots.get(lots.size() - 1);
    charts.add(
        place(
            chart,
            title
                + " over "
                + epochs.get(epochs.size() - 1).epoch()
                + " epochs"
                + (lotCount > 1 ? " and " + lotCount + " lots" : "")
                + ": from "
                + Numbers.format(defined.get(0))
                + " to "
                + Numbers.format(defined.get(defined.size() - 1))
                + ".",
            reference,
            false,
            false,
            false));
  }

  private Optional<Measurement> reference(String key) {
    return audit.measurements().stream()
        .filter(row -> row.side() == Side.PRIVACY && Baselines.isTotalOfAudited(row))
        .filter(row -> row.key().equals(key) && row.reference().isPresent())
        .findFirst();
  }

  /** Returns a chart of every quantity that is known of each sequence. */
  List<Chart> sequences() {
    List<Chart> charts = new ArrayList<>();
    int count = audit.sequenceNames().size();
    for (Measurement row : Sequences.measurements(audit)) {
      JsonObject chart = chart("sequences", row.title() + ", " + row.data());
      chart.add(
          "labels",
          AuditJson.array(
              IntStream.range(0, count).mapToObj(i -> Sequences.label(audit, i)).toList(),
              JsonPrimitive::new));
      chart.add("domains", AuditJson.array(audit.sequenceDomains(), JsonPrimitive::new));
      chart.add("before", AuditJson.array(row.itemsBefore(), Charts::finite));
      chart.add("after", AuditJson.array(row.itemsAfter(), Charts::finite));
      addReference(chart, row);
      charts.add(
          place(
              chart,
              row.title() + " of each of " + count + " sequences: " + spread(row) + ".",
              row.reference().isPresent() ? Optional.of(row) : Optional.empty(),
              true,
              !row.itemsBefore().isEmpty(),
              row.itemsAfter().stream().anyMatch(value -> Double.isNaN(value))));
    }
    return charts;
  }

  private static String spread(Measurement row) {
    String now = "now " + range(row.itemsAfter());
    return row.itemsBefore().isEmpty() ? now : "before " + range(row.itemsBefore()) + ", " + now;
  }

  private static String range(List<Double> values) {
    DoubleSummaryStatistics defined =
        values.stream().mapToDouble(v -> v).filter(v -> !Double.isNaN(v)).summaryStatistics();
    return defined.getCount() == 0
        ? "undefined"
        : "from "
            + Numbers.format(defined.getMin())
            + " to "
            + Numbers.format(defined.getMax())
            + (defined.getCount() < values.size()
                ? " (" + (values.size() - defined.getCount()) + " undefined)"
                : "");
  }

  /** Returns a chart of an attack over its strengths; none if it has one only. */
  Optional<Chart> attack(AttackResult attack) {
    if (attack.points().size() < 2) {
      return Optional.empty();
    }
    JsonObject chart = chart("attack", attack.title());
    chart.addProperty("metric", MetricTitles.of(attack.metric()));
    chart.add(
        "labels",
        AuditJson.array(
            attack.points().stream().map(AttackPoint::setting).toList(), JsonPrimitive::new));
    chart.add("forgotten", estimates(attack, point -> Optional.of(point.forgotten())));
    chart.add("unseen", estimates(attack, AttackPoint::unseen));
    chart.add("before", estimates(attack, AttackPoint::before));
    AttackPoint last = attack.points().get(attack.points().size() - 1);
    String words =
        attack.title()
            + " over "
            + attack.points().size()
            + " strengths; at the last, "
            + last.setting()
            + ": forget set "
            + Numbers.format(last.forgotten())
            + last.unseen().map(unseen -> ", unseen " + Numbers.format(unseen)).orElse("")
            + ".";
    boolean before = attack.points().stream().anyMatch(point -> point.before().isPresent());
    return Optional.of(place(chart, words, Optional.empty(), false, before, false));
  }

  private static JsonArray estimates(
      AttackResult attack, Function<AttackPoint, Optional<Estimate>> part) {
    return AuditJson.array(
        attack.points(),
        point -> part.apply(point).map(Charts::estimate).orElse(JsonNull.INSTANCE));
  }

  private static JsonElement estimate(Estimate estimate) {
    JsonObject json = new JsonObject();
    json.add("value", finite(estimate.value()));
    estimate
        .interval()
        .ifPresent(
            interval -> {
              json.add("low", finite(interval.low()));
              json.add("high", finite(interval.high()));
            });
    return json;
  }

  private JsonObject chart(String kind, String title) {
    JsonObject chart = new JsonObject();
    chart.addProperty("id", "chart-" + data.size());
    chart.addProperty("kind", kind);
    chart.addProperty("title", title);
    data.add(chart);
    return chart;
  }

  private static void addReference(JsonObject chart, Measurement row) {
    row.reference().ifPresent(value -> chart.add("reference", finite(value)));
  }

  private static Chart place(
      JsonObject chart,
      String words,
      Optional<Measurement> reference,
      boolean bars,
      boolean before,
      boolean gaps) {
    return new Chart(
        chart.get("id").getAsString(),
        chart.get("title").getAsString(),
        words + " All numbers are in a table below.",
        reference
            .map(
                row ->
                    row.referenceName()
                        + " ("
                        + Numbers.format(row.reference().orElseThrow())
                        + ")")
            .orElse(""),
        bars,
        before,
        gaps);
  }

  private static JsonElement finite(double value) {
    return Double.isFinite(value) ? new JsonPrimitive(value) : JsonNull.INSTANCE;
  }
}
