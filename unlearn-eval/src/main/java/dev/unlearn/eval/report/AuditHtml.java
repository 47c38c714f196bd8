package dev.unlearn.eval.report;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Hashing;
import com.samskivert.mustache.Mustache;
import dev.unlearn.api.EpochReport;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.MetricResult;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.MetricTitles;
import java.io.StringReader;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;

/**
 * The page. Its policy admits no network and only the scripts it came with, by their digests: a
 * name that got through the escaping could still not run.
 */
final class AuditHtml {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("d MMMM uuuu, HH:mm 'UTC'", Locale.ENGLISH);

  /** Charts, and the table of their numbers. */
  record Section(List<Charts.Chart> charts, Table table) {}

  /** A table: its name, the headings of its columns, its lines. */
  record Table(String name, List<String> headings, List<Line> lines) {}

  /** A line of a table. */
  record Line(String heading, List<String> cells) {}

  /** An attack for the template. */
  record Attack(
      String title,
      String description,
      String metric,
      Statement verdict,
      List<Charts.Chart> charts,
      Table table,
      List<String> notes) {}

  /** A name and a value. */
  record Entry(String name, String value) {}

  /** Names and values under a heading. */
  record Entries(String title, List<Entry> entries) {}

  private AuditHtml() {}

  static String page(Audit audit) {
    Library library = Library.ofThisModule();
    library.checkTemplates();
    String chartLibrary = library.charts();
    String script = Library.resource("charts.js");
    Charts charts = new Charts(audit);
    Verdict verdict = new Verdict(audit);

    Map<String, Object> page = new HashMap<>();
    page.put("title", audit.title());
    page.put("date", DATE.format(audit.createdAt().atOffset(ZoneOffset.UTC)));
    page.put("headline", verdict.headline());
    RunStatements run = new RunStatements(audit);
    page.put("asked", run.asked());
    page.put("outcome", run.outcome());
    page.put("shown", verdict.shown());
    page.put("notShown", verdict.notShown());
    page.put("summaries", SummaryTable.of(audit));
    page.put("epochs", section(charts.epochs(), epochs(audit)));
    page.put("sequences", section(charts.sequences(), sequences(audit)));
    page.put(
        "attacks",
        audit.attacks().stream().map(a -> attack(a, verdict.isForgotten(), charts)).toList());
    page.put("baselines", Baselines.table(audit).stream().toList());
    page.put("entries", entries(audit));
    page.put("limits", Limits.all(audit));
    page.put("style", Library.resource("style.css"));
    page.put("chartData", charts.json());
    page.put("chartLibrary", chartLibrary);
    page.put("script", script);
    page.put("policy", policy(chartLibrary, script));
    return compiler().compile(Library.resource("page.mustache")).execute(page);
  }

  /** Returns a section, none if its table has no lines. */
  private static List<Section> section(List<Charts.Chart> charts, Table table) {
    return table.lines().isEmpty() ? List.of() : List.of(new Section(charts, table));
  }

  private static Mustache.Compiler compiler() {
    return Mustache.compiler()
        .escapeHTML(true)
        .emptyStringIsFalse(true)
        .withLoader(name -> new StringReader(Library.resource(name + ".mustache")));
  }

  private static String policy(String... scripts) {
    return "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline';"
        + " script-src "
        + String.join(" ", Stream.of(scripts).map(AuditHtml::digest).toList());
  }

  private static String digest(String script) {
    byte[] hash = Hashing.sha256().hashString(script, UTF_8).asBytes();
    return "'sha256-" + Base64.getEncoder().encodeToString(hash) + "'";
  }

  private static Table epochs(Audit audit) {
    List<EpochReport> epochs = audit.run().map(ForgetReport::epochs).orElse(List.of());
    List<Integer> lots = Epochs.lots(epochs);
    List<String> keys = Epochs.keys(epochs, EpochReport::metrics);
    List<String> otherKeys = Epochs.keys(epochs, EpochReport::otherMetrics);
    List<String> headings = new ArrayList<>(List.of("Epoch", "Lot", "Loss before the update"));
    keys.forEach(key -> headings.add(MetricTitles.of(key)));
    otherKeys.forEach(key -> headings.add(MetricTitles.of(key) + " on other data"));
    headings.add("Gradient norm");
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < epochs.size(); i++) {
      EpochReport epoch = epochs.get(i);
      List<String> cells = new ArrayList<>();
      cells.add(lots.get(i) + (epoch.lotEpoch() == 0 ? ", before its first update" : ""));
      cells.add(text(epoch.loss()));
      keys.forEach(key -> cells.add(text(epoch.metrics(), key)));
      otherKeys.forEach(key -> cells.add(text(epoch.otherMetrics(), key)));
      cells.add(text(epoch.gradientNorm()));
      lines.add(new Line(Integer.toString(epoch.epoch()), cells));
    }
    return new Table("All epochs", headings, lines);
  }

  private static String text(OptionalDouble value) {
    return value.isPresent() ? Numbers.format(value.getAsDouble()) : "";
  }

  private static String text(Map<String, MetricResult> metrics, String key) {
    return Optional.ofNullable(metrics.get(key)).map(r -> Numbers.format(r.value())).orElse("");
  }

  private static Table sequences(Audit audit) {
    List<Measurement> rows = Sequences.measurements(audit);
    boolean domains = audit.sequenceDomains().stream().anyMatch(domain -> !domain.isEmpty());
    List<String> headings = new ArrayList<>(List.of("Sequence"));
    if (domains) {
      headings.add("Domain");
    }
    for (Measurement row : rows) {
      if (!row.itemsBefore().isEmpty()) {
        headings.add(row.title() + ", before");
      }
      headings.add(row.title() + ", after");
    }
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < audit.sequenceNames().size(); i++) {
      List<String> cells = new ArrayList<>();
      if (domains) {
        cells.add(Sequences.domain(audit, i));
      }
      for (Measurement row : rows) {
        if (!row.itemsBefore().isEmpty()) {
          cells.add(Numbers.format(row.itemsBefore().get(i)));
        }
        cells.add(Numbers.format(row.itemsAfter().get(i)));
      }
      lines.add(new Line(Sequences.label(audit, i), cells));
    }
    return new Table("All sequences", headings, lines);
  }

  private static Attack attack(AttackResult attack, boolean forgotten, Charts charts) {
    List<Line> lines = new ArrayList<>();
    for (AttackPoint point : attack.points()) {
      lines.add(
          new Line(
              point.setting(),
              List.of(
                  Numbers.format(point.forgotten()),
                  point.unseen().map(Numbers::format).orElse("not measured"),
                  point.before().map(Numbers::format).orElse("not measured"),
                  point.excess().map(Numbers::formatChange).orElse("not measured"),
                  Integer.toString(point.forgotten().unitCount()))));
    }
    return new Attack(
        attack.title(),
        attack.description(),
        MetricTitles.of(attack.metric()),
        verdict(attack, forgotten),
        charts.attack(attack).stream().toList(),
        new Table(
            attack.title() + ": " + MetricTitles.of(attack.metric()),
            List.of(
                "Strength",
                "Forget set, now",
                "Unseen text",
                "Forget set, before",
                "More than unseen",
                "n"),
            lines),
        attack.notes());
  }

  private static Statement verdict(AttackResult attack, boolean forgotten) {
    String margin = Numbers.exact(attack.margin());
    return switch (attack.recovery()) {
      case COMES_BACK ->
          new Statement(
              (forgotten ? "Comes back" : "Known better")
                  + ": more of it is known than of unseen text, by more than "
                  + margin
                  + " and beyond chance.",
              Tone.BAD);
      case NOT_SEEN ->
          new Statement(
              (forgotten ? "Not seen to come back" : "Not seen to be known better")
                  + ": at every strength the excess over unseen text is at most "
                  + margin
                  + ", all of its interval included.",
              Tone.GOOD);
      case UNDECIDED ->
          new Statement(
              attack.points().stream().allMatch(point -> point.excess().isPresent())
                  ? "Undecided: the interval of the excess over unseen text reaches above "
                      + margin
                      + ", but not all of it. More sequences would decide."
                  : "Undecided: there is no unseen text to compare with at every strength.",
              Tone.OPEN);
    };
  }

  private static List<Entries> entries(Audit audit) {
    List<Entries> all = new ArrayList<>();
    add(all, "Settings of the audit", audit.settings());
    audit.run().ifPresent(run -> add(all, "Settings of the run", run.settings()));
    add(all, "Versions of the audit", audit.versions());
    audit.run().ifPresent(run -> add(all, "Versions of the run", run.versions()));
    add(all, "Digests of the audit", audit.digests());
    audit.run().ifPresent(run -> add(all, "Digests of the run", run.digests()));
    return all;
  }

  private static void add(List<Entries> all, String title, Map<String, String> values) {
    if (!values.isEmpty()) {
      all.add(
          new Entries(
              title,
              values.entrySet().stream().map(e -> new Entry(e.getKey(), e.getValue())).toList()));
    }
  }
}
