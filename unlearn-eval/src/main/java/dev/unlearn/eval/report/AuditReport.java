package dev.unlearn.eval.report;

import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.eval.audit.Audit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes an audit as files: {@code audit.html} for people, {@code audit.json} with all of it, and
 * tables as {@code measurements.csv}, {@code sequences.csv}, {@code epochs.csv} and {@code
 * attacks.csv}.
 *
 * <p>The HTML file needs nothing beside it and no network; a policy in it forbids any. Its charts
 * are drawn by JavaScript, and every number of them is also in a table, so the page is complete
 * without. Names given by the caller are escaped. The same audit gives the same bytes, in any
 * locale.
 *
 * <p>A report is evidence: a file that exists is never replaced. Each is written beside its place
 * and moved, so that no reader sees half of it. {@code docs/report.md} describes what is in them.
 */
public final class AuditReport {
  private AuditReport() {}

  /**
   * Writes all files into a directory, which is created if it does not exist.
   *
   * @throws IllegalArgumentException if one of them exists; none is written then
   * @throws IllegalStateException if an optional dependency is not on the class path; the message
   *     names it
   * @throws UnlearningException if a file cannot be written
   */
  public static void write(Audit audit, Path directory) {
    Map<Path, String> files = new LinkedHashMap<>();
    AuditCsv.tables(audit).forEach((name, table) -> files.put(directory.resolve(name), table));
    files.put(directory.resolve("audit.json"), AuditJson.text(audit));
    files.put(directory.resolve("audit.html"), AuditHtml.page(audit));
    for (Path file : files.keySet()) {
      NewFile.check(file);
    }
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UnlearningException("cannot make the directory " + directory, e);
    }
    for (Map.Entry<Path, String> file : files.entrySet()) {
      NewFile.write(file.getKey(), file.getValue());
    }
  }

  /** Writes the HTML file alone; throws as {@link #write} does. */
  public static void writeHtml(Audit audit, Path file) {
    NewFile.write(file, AuditHtml.page(audit));
  }

  /** Writes the JSON file alone; throws as {@link #write} does. */
  public static void writeJson(Audit audit, Path file) {
    NewFile.write(file, AuditJson.text(audit));
  }

  /**
   * Returns what a run did as a JSON object, the same that {@code audit.json} has as {@code run}:
   * for a service that answers with it, or to be kept. Like the report it holds no text and no
   * token ids.
   */
  public static String json(ForgetReport run) {
    return AuditJson.text(RunJson.of(run));
  }

  /** Writes the CSV tables alone into a directory that exists; throws as {@link #write} does. */
  public static void writeCsv(Audit audit, Path directory) {
    Map<String, String> tables = AuditCsv.tables(audit);
    for (String name : tables.keySet()) {
      NewFile.check(directory.resolve(name));
    }
    for (Map.Entry<String, String> table : tables.entrySet()) {
      NewFile.write(directory.resolve(table.getKey()), table.getValue());
    }
  }
}
