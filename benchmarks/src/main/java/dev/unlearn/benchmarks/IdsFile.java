package dev.unlearn.benchmarks;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Splitter;
import dev.unlearn.api.TokenSequence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A CSV file without quotes that has a column {@code token_ids}: ids with spaces between them. */
final class IdsFile {
  private static final String COLUMN = "token_ids";

  private IdsFile() {}

  static List<TokenSequence> read(Path file) throws IOException {
    List<List<String>> lines =
        Files.readAllLines(file).stream()
            .filter(line -> !line.isBlank())
            .map(line -> Splitter.on(',').splitToList(line))
            .toList();
    checkArgument(
        lines.size() > 1 && lines.get(0).contains(COLUMN),
        "%s must begin with a line of column names, token_ids among them, and have another line",
        file);
    int column = lines.get(0).indexOf(COLUMN);
    return lines.stream().skip(1).map(line -> sequence(line.get(column))).toList();
  }

  private static TokenSequence sequence(String ids) {
    return TokenSequence.of(
        Splitter.on(' ')
            .omitEmptyStrings()
            .splitToStream(ids)
            .mapToInt(Integer::parseInt)
            .toArray());
  }

  static void write(Path file, List<TokenSequence> sequences) throws IOException {
    Files.write(
        file, Stream.concat(Stream.of(COLUMN), sequences.stream().map(IdsFile::line)).toList());
  }

  private static String line(TokenSequence sequence) {
    return IntStream.of(sequence.ids())
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(" "));
  }
}
