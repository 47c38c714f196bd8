package dev.unlearn.eval.targets;

import static com.google.common.base.Preconditions.checkArgument;

import dev.unlearn.api.UnlearningException;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Function;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.DuplicateHeaderMode;
import org.jspecify.annotations.Nullable;

/** A CSV file with a header, refused as a whole if a record is bad, by line number and reason. */
final class CsvFile {
  /** What it would refuse in a header itself, it would quote. */
  private static final CSVFormat FORMAT =
      CSVFormat.DEFAULT
          .builder()
          .setHeader()
          .setSkipHeaderRecord(true)
          .setAllowMissingColumnNames(true)
          .setDuplicateHeaderMode(DuplicateHeaderMode.ALLOW_ALL)
          .get();

  private CsvFile() {}

  /** One record. */
  static final class Row {
    private final CSVRecord row;

    private Row(CSVRecord row) {
      this.row = row;
    }

    /** Returns a field of one of the columns asked for. */
    String text(String column) {
      return row.get(column);
    }
  }

  /**
   * Reads all records.
   *
   * @param columns that there must be
   * @param value what a record stands for; says what is wrong by {@link IllegalArgumentException}
   * @throws UnlearningException if the file cannot be read
   */
  static <T> List<T> read(Path file, List<String> columns, Function<Row, T> value) {
    List<T> values = new ArrayList<>();
    long line = 1;
    try (Reader reader = Files.newBufferedReader(file);
        CSVParser parser = FORMAT.parse(reader)) {
      checkArgument(
          parser.getHeaderNames().containsAll(columns), "the header must name %s", columns);
      line = parser.getCurrentLineNumber() + 1;
      for (Iterator<CSVRecord> rows = parser.iterator(); rows.hasNext(); ) {
        CSVRecord row = rows.next();
        checkArgument(
            row.isConsistent(),
            "a record must have as many fields as the header (%s), but has %s",
            parser.getHeaderNames().size(),
            row.size());
        values.add(value.apply(new Row(row)));
        line = parser.getCurrentLineNumber() + 1;
      }
      checkArgument(!values.isEmpty(), "there must be a record, but there is none");
      return values;
    } catch (CharacterCodingException e) {
      throw refused(file, line, "the file must be UTF-8", e);
    } catch (IOException e) {
      throw new UnlearningException("cannot read the file " + file, e);
    } catch (UncheckedIOException e) {
      String rule =
          e.getCause() instanceof CharacterCodingException
              ? "the file must be UTF-8"
              : "the file must be CSV with quotes that close";
      throw refused(file, line, rule, e);
    } catch (IllegalArgumentException e) {
      throw refused(file, line, e.getMessage(), e);
    }
  }

  private static IllegalArgumentException refused(
      Path file, long line, @Nullable String reason, Exception cause) {
    return new IllegalArgumentException(
        "%s, line %d: %s".formatted(file.getFileName(), line, reason), cause);
  }
}
