package dev.unlearn.eval.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.audit.Audit;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class AuditReportTest {
  private static final Audit FORGOTTEN = SyntheticAudits.forgotten(40);
  private static final Audit LARGE = SyntheticAudits.forgotten(300);

  @TempDir private Path directory;

  private static Document parse(Audit audit) {
    Parser parser = Parser.htmlParser().setTrackErrors(20);
    Document page = Jsoup.parse(AuditHtml.page(audit), parser);
    assertThat(parser.getErrors()).isEmpty();
    return page;
  }

  private static List<String> texts(Document page, String query) {
    return page.select(query).eachText();
  }

  @Test
  void write_allFiles() throws IOException {
    Path target = directory.resolve("new");

    AuditReport.write(FORGOTTEN, target);

    try (var files = Files.list(target)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "audit.html",
              "audit.json",
              "measurements.csv",
              "sequences.csv",
              "epochs.csv",
              "attacks.csv");
    }
    assertThat(Files.size(target.resolve("audit.html"))).isLessThan(1_000_000);
  }

  @Test
  void write_whereOneFileExists() throws IOException {
    Files.writeString(directory.resolve("audit.html"), "older evidence");

    assertThatThrownBy(() -> AuditReport.write(SyntheticAudits.bare(), directory))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "file must be new, since a report is never replaced, but exists: %s",
            directory.resolve("audit.html"));

    assertThat(directory.resolve("audit.html")).hasContent("older evidence");
    assertThat(directory.toFile().list()).containsExactly("audit.html");
  }

  @Test
  void write_whereAFolderIsAFile() throws IOException {
    Path file = Files.writeString(directory.resolve("report"), "a file");

    assertThatThrownBy(() -> AuditReport.write(SyntheticAudits.bare(), file))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot make the directory " + file);
    assertThatThrownBy(() -> AuditReport.writeJson(FORGOTTEN, file.resolve("audit.json")))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write the file " + file.resolve("audit.json"));
  }

  @Test
  void page_hasItsPartsInOrder() {
    Document page = parse(FORGOTTEN);

    assertThat(texts(page, "h1")).containsExactly("Records of March, small model");
    assertThat(texts(page, ".date")).containsExactly("4 March 2026, 05:06 UTC");
    assertThat(texts(page, "h2"))
        .containsExactly(
            "In short",
            "Before and after",
            "Epoch by epoch",
            "Each sequence",
            "Attacks",
            "Other ways",
            "Settings, versions, digests",
            "Limits of what this proves");
    assertThat(texts(page, ".verdict dt"))
        .containsExactly(
            "What was asked", "What came of it", "What was shown", "What was not shown");
    assertThat(texts(page, ".headline").get(0))
        .contains(
            "Forgotten on average, but 1 of 3 attacks brought it back. Besides, 2 measurements of utility fell beyond chance.");
  }

  @Test
  void page_verdictSaysWhatTheNumbersDecide() {
    Document page = parse(LARGE);

    assertThat(texts(page, ".verdict dd"))
        .anyMatch(
            text ->
                text.matches(
                    ".*Extraction likelihood, n = 10 \\(forget set\\): before 0.\\d+, now 0.\\d+"
                        + " \\[0.\\d+,.0.\\d+\\]. (At or b|B)elow unseen text \\(0.0499\\)."))
        .anyMatch(text -> text.contains("Brought back by: Relearning on a tenth of the sequences."))
        .anyMatch(text -> text.contains("Not seen to come back under: Weights rounded"))
        .anyMatch(text -> text.contains("Perplexity (Pile, validation text): worse beyond chance"))
        .anyMatch(
            text -> text.contains("On their own still at or above a threshold: 2 sequences, #"));
  }

  @Test
  void page_fewSequencesDecideLittle() {
    assertThat(texts(parse(SyntheticAudits.ended(Outcome.GAVE_UP)), ".verdict dd"))
        .anyMatch(
            text ->
                text.contains(
                    "Undecided: at or below unseen text on average, but its interval reaches to both sides (0.0499)."));
  }

  @Test
  void page_accuracyThatChanceGives() {
    Element row = parse(FORGOTTEN).select("tr:contains(WinoGrande)").first();

    assertThat(row).isNotNull();
    assertThat(row.select("td.chance")).hasSize(2);
    assertThat(row.select("td.chance em").eachText())
        .containsExactly("not above chance", "not above chance");
    assertThat(parse(FORGOTTEN).select("tr:contains(ARC-Easy) td.chance")).isEmpty();
  }

  @Test
  void page_domainsStandUnderTheirTotal() {
    Document page = parse(FORGOTTEN);

    Element group = page.select("table.stack tbody").first();
    assertThat(group).isNotNull();
    assertThat(group.select("tr")).hasSize(1 + SyntheticAudits.DOMAINS.size());
    assertThat(group.select("tr.domain th").eachText())
        .allMatch(text -> text.startsWith("domain "));
  }

  @Test
  void page_baselinesBesideTheModel() {
    Document page = parse(FORGOTTEN);

    assertThat(texts(page, "#baselines thead th"))
        .containsExactly(
            "Model",
            "Extraction likelihood, n = 10, forget set",
            "Memorization accuracy, forget set");
    assertThat(texts(page, "#baselines tbody th"))
        .containsExactly(
            "before the run",
            "this model",
            "trained without the targets",
            "differentially private decoding");
    assertThat(texts(page, "#baselines tbody td").get(7)).isEqualTo("not measured");
    assertThat(texts(page, "#summary")).noneMatch(text -> text.contains("trained without"));
  }

  @Test
  void page_undefinedValues() {
    assertThat(texts(parse(SyntheticAudits.bare()), "#sequences td"))
        .containsExactly("undefined", "undefined");
  }

  @Test
  void page_withoutRunAndAttacks() {
    Document page = parse(SyntheticAudits.bare());

    assertThat(texts(page, ".headline").get(0))
        .contains("The model was measured; no run is part of this audit.");
    assertThat(page.select("#epochs")).isEmpty();
    assertThat(texts(page, "#attacks p")).containsExactly("No attack was tried.");
  }

  @ParameterizedTest
  @EnumSource(
      value = Outcome.class,
      names = {"CANCELLED", "DAMAGED", "GAVE_UP", "DIVERGED", "FAILED"})
  void page_ofRunThatRestored(Outcome outcome) {
    Document page = parse(SyntheticAudits.ended(outcome));

    assertThat(texts(page, ".headline").get(0))
        .contains("Not forgotten: the model has its original weights again.");
    assertThat(texts(page, ".verdict dd"))
        .anyMatch(text -> text.contains("The original weights were put back"));
  }

  @Test
  void page_hostileNamesStayText() {
    Document page = parse(SyntheticAudits.hostile());

    assertThat(page.select("b, [onclick]")).isEmpty();
    assertThat(page.select("script")).hasSize(3);
    assertThat(page.select("h1").text()).contains("</script><b onclick=\"alert(1)\">&{{title}}");
    String data = page.select("script#chart-data").first().data();
    assertThat(data).doesNotContain("<", ">", "\u2028");
    assertThat(JsonParser.parseString(data).getAsJsonArray().toString()).contains("alert(1)");
  }

  @Test
  void page_loadsNothing() {
    Document page = parse(FORGOTTEN);

    assertThat(page.select("[src], link, iframe, object, embed, img, form")).isEmpty();
    assertThat(page.select("a[href]").eachAttr("href")).allMatch(href -> href.startsWith("#"));
    assertThat(page.select("style").first().data()).doesNotContain("url(", "@import", "http");
    assertThat(page.select("meta[http-equiv=Content-Security-Policy]").attr("content"))
        .startsWith("default-src 'none'")
        .containsPattern("script-src 'sha256-[^']+' 'sha256-[^']+'$");
    page.select("script").last().remove();
    page.select("script").last().remove();
    assertThat(page.html()).doesNotContain("http:", "https:");
  }

  @Test
  void page_isAccessible() {
    Document page = parse(FORGOTTEN);

    assertThat(page.select("table")).isNotEmpty().allMatch(t -> !t.select("> caption").isEmpty());
    assertThat(page.select("th")).allMatch(heading -> heading.hasAttr("scope"));
    assertThat(page.select(".chart"))
        .isNotEmpty()
        .allMatch(c -> c.attr("role").equals("img") && c.attr("aria-label").length() > 20);
    List<String> ids = page.select("[id]").eachAttr("id");
    assertThat(ids).doesNotHaveDuplicates();
    assertThat(page.select("noscript").text()).contains("every number of theirs is in a table");
  }

  @Test
  void page_manySequences() {
    Document page = parse(LARGE);

    assertThat(page.select("#sequences tbody tr")).hasSize(300);
    assertThat(page.select("#sequences tbody tr").get(7).text()).contains("undefined");
  }

  @Test
  void page_neverClaimsTooMuch() {
    for (Audit audit :
        List.of(FORGOTTEN, LARGE, SyntheticAudits.bare(), SyntheticAudits.ended(Outcome.DAMAGED))) {
      Document page = parse(audit);
      page.select("script").remove();
      assertThat(page.text())
          .doesNotContainPattern(
              Pattern.compile("indistinguish|guarantee|NaN|compliant", Pattern.CASE_INSENSITIVE));
    }
  }

  @Test
  void write_sameBytesInAnyLocale() {
    Audit audit = FORGOTTEN;
    String page = AuditHtml.page(audit);
    String json = AuditJson.text(audit);
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
      assertThat(AuditHtml.page(audit)).isEqualTo(page);
      assertThat(AuditJson.text(audit)).isEqualTo(json);
      Locale.setDefault(Locale.GERMANY);
      assertThat(AuditHtml.page(audit)).isEqualTo(page);
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void json_ofARunIsWhatTheAuditHasOfIt() {
    ForgetReport run = FORGOTTEN.run().orElseThrow();

    JsonObject json = JsonParser.parseString(AuditReport.json(run)).getAsJsonObject();

    JsonObject audit = JsonParser.parseString(AuditJson.text(FORGOTTEN)).getAsJsonObject();
    assertThat(json).isEqualTo(audit.get("run"));
    assertThat(json.get("outcome").getAsString()).isEqualTo("FORGOTTEN");
    assertThat(json.getAsJsonArray("sequenceNames")).hasSize(40);
    assertThat(json.getAsJsonArray("epochs")).hasSize(24);
    assertThat(json.getAsJsonObject("model").get("family").getAsString())
        .isEqualTo(run.model().family());
  }

  @Test
  void json_hasAllNumbersInFull() {
    Audit audit = FORGOTTEN;

    JsonObject json = JsonParser.parseString(AuditJson.text(audit)).getAsJsonObject();

    assertThat(json.get("format").getAsString()).isEqualTo("dev.unlearn.audit");
    assertThat(json.get("version").getAsInt()).isEqualTo(1);
    assertThat(json.getAsJsonArray("sequences")).hasSize(40);
    for (int i = 0; i < audit.measurements().size(); i++) {
      JsonObject row = json.getAsJsonArray("measurements").get(i).getAsJsonObject();
      assertThat(row.getAsJsonObject("after").get("value").getAsDouble())
          .isEqualTo(audit.measurements().get(i).after().value());
    }
    JsonObject first = json.getAsJsonArray("measurements").get(0).getAsJsonObject();
    assertThat(first.getAsJsonArray("itemsAfter").get(7).isJsonNull()).isTrue();
    assertThat(first.getAsJsonArray("itemsAfter").get(6).getAsDouble())
        .isEqualTo(audit.measurements().get(0).itemsAfter().get(6));
    assertThat(json.getAsJsonObject("run").getAsJsonArray("epochs")).hasSize(24);
    assertThat(
            json.getAsJsonArray("attacks").get(0).getAsJsonObject().get("recovery").getAsString())
        .isEqualTo("COMES_BACK");
  }

  @Test
  void csv_quotesNames() throws IOException {
    AuditReport.writeCsv(SyntheticAudits.hostile(), directory);

    List<CSVRecord> rows = read("sequences.csv");
    assertThat(rows).hasSize(8);
    assertThat(rows.get(0).get("name")).isEqualTo(SyntheticAudits.HOSTILE);
    assertThat(rows.get(0).get("key")).isEqualTo("el_10");
    assertThat(read("attacks.csv").get(1).get("setting")).isEqualTo(SyntheticAudits.HOSTILE);
  }

  @Test
  void csv_hasAllTables() throws IOException {
    Audit audit = FORGOTTEN;
    AuditReport.writeCsv(audit, directory);

    List<CSVRecord> measurements = read("measurements.csv");
    assertThat(measurements).hasSize(audit.measurements().size());
    assertThat(Double.parseDouble(measurements.get(0).get("after")))
        .isEqualTo(audit.measurements().get(0).after().value());
    List<CSVRecord> epochs = read("epochs.csv");
    assertThat(epochs).hasSize(24);
    assertThat(epochs.get(0).get("loss")).isEmpty();
    assertThat(epochs.get(1).get("other_perplexity")).isNotEmpty();
    assertThat(read("attacks.csv")).hasSize(9);
    assertThat(read("sequences.csv").get(7).get("after")).isEqualTo("NaN");
  }

  private List<CSVRecord> read(String name) throws IOException {
    CSVFormat format = CSVFormat.RFC4180.builder().setHeader().setSkipHeaderRecord(true).get();
    List<CSVRecord> records = new ArrayList<>();
    format.parse(new StringReader(Files.readString(directory.resolve(name)))).forEach(records::add);
    return records;
  }
}
