package dev.unlearn.examples;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.primitives.Doubles;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;

/**
 * Reads what the authors' code writes of every sequence: a CSV file with the column {@code doc_id}
 * and, for each moment, {@code acc_}, {@code el_N-gram_} and {@code loss_} with the moment's name:
 * {@code init} before the first update, {@code 00} after it, {@code 01} after the second. Other
 * columns do not count. No message shows what a file holds.
 */
final class PublishedOutputs {
  private static final String DOC_ID = "doc_id";
  private static final Pattern COLUMN =
      Pattern.compile(
          "(?<metric>acc|el_(?<order>[1-9]\\d{0,3})-gram|loss)_(init|(?<epoch>\\d{1,4}))");

  /** A column without a name is the index that pandas writes. */
  private static final CSVFormat FORMAT =
      CSVFormat.DEFAULT
          .builder()
          .setHeader()
          .setSkipHeaderRecord(true)
          .setAllowMissingColumnNames(true)
          .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_ALL)
          .get();

  private PublishedOutputs() {}

  /**
   * One metric at one moment.
   *
   * @param column as the file names it
   * @param key {@code ma}, {@code el_N} or {@code loss}
   * @param updates how many updates the model had had
   * @param byDocument its values by {@code doc_id}, in the file's order
   */
  record Output(String column, String key, int updates, Map<String, Double> byDocument) {}

  /**
   * Returns all outputs by the number of updates, those of one moment in the file's order.
   *
   * @throws IllegalArgumentException if the file is not of its format; the message names the line
   */
  static SortedMap<Integer, Map<String, Output>> read(Path file) throws IOException {
    SortedMap<Integer, Map<String, Output>> byUpdates = new TreeMap<>();
    try (Reader reader = Files.newBufferedReader(file);
        CSVParser parser = FORMAT.parse(reader)) {
      parser.getHeaderNames().forEach(column -> add(column, byUpdates));
      checkArgument(
          parser.getHeaderNames().contains(DOC_ID) && !byUpdates.isEmpty(),
          "%s: the header must name doc_id and outputs such as acc_init, el_10-gram_init, loss_init",
          file);
      long line = parser.getCurrentLineNumber() + 1;
      for (Iterator<CSVRecord> rows = parser.iterator(); rows.hasNext(); ) {
        CSVRecord row = rows.next();
        String place = file + ", line " + line;
        line = parser.getCurrentLineNumber() + 1;
        checkArgument(row.isConsistent(), "%s: must have as many fields as the header", place);
        for (Map<String, Output> moment : byUpdates.values()) {
          moment.values().forEach(output -> put(row, output, place));
        }
      }
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("file must exist, but there is no: " + file, e);
    } catch (UncheckedIOException | CharacterCodingException e) {
      throw new IllegalArgumentException(file + ": must be CSV in UTF-8", e);
    }
    checkArgument(
        byUpdates.values().stream()
            .flatMap(moment -> moment.values().stream())
            .noneMatch(output -> output.byDocument().isEmpty()),
        "%s: must hold at least one sequence, but holds none",
        file);
    return byUpdates;
  }

  private static void add(String column, SortedMap<Integer, Map<String, Output>> byUpdates) {
    Matcher matcher = COLUMN.matcher(column);
    if (matcher.matches()) {
      String key =
          switch (matcher.group("metric").charAt(0)) {
            case 'a' -> "ma";
            case 'e' -> "el_" + matcher.group("order");
            default -> "loss";
          };
      String epoch = matcher.group("epoch");
      int updates = epoch == null ? 0 : Integer.parseInt(epoch) + 1;
      byUpdates
          .computeIfAbsent(updates, unused -> new LinkedHashMap<>())
          .put(key, new Output(column, key, updates, new LinkedHashMap<>()));
    }
  }

  private static void put(CSVRecord row, Output output, String place) {
    Double value = Doubles.tryParse(row.get(output.column()));
    checkArgument(
        value != null && Double.isFinite(value),
        "%s: %s must be a finite number",
        place,
        output.column());
    checkArgument(
        output.byDocument().put(row.get(DOC_ID), value) == null,
        "%s: doc_id must not come twice",
        place);
  }
}
