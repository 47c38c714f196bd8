package dev.unlearn.eval.targets;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Splitter;
import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the sequences that Jang et al. (arXiv 2210.01504) forget: 200 tokens each of the Training
 * Data Extraction Challenge, for instance {@code lm_extraction_32_0.csv}, which is the first of
 * five draws of 32.
 *
 * <p>A set is a CSV file with the columns {@code doc_id}, {@code corpus} and {@code text}. Its text
 * was made from ids by a decoder that drops spaces before punctuation, so about one row in ten does
 * not encode to the ids it came from, and fewer or more than 200 tokens come out. Therefore {@link
 * #idsOf} takes the ids themselves, from a second file with the columns {@code doc_id}, {@code
 * corpus} and {@code token_ids} (in decimal, with spaces between). {@link #encoded} takes the text,
 * as the authors do, to compare with their numbers.
 *
 * <p>Every sequence is named by its {@code doc_id} and has its {@code corpus} as domain. Files are
 * UTF-8. A bad file is refused as a whole with its name, the line that a record begins in, and the
 * reason; no message shows what a file holds.
 */
public final class TargetFiles {
  private static final String DOC_ID = "doc_id";
  private static final String CORPUS = "corpus";

  private TargetFiles() {}

  /**
   * Reads a set by its ids: joins the two files by {@code doc_id}, in the order of the set.
   *
   * @param set has the columns {@code doc_id} and {@code corpus}; others do not count
   * @param tokenIds has {@code doc_id}, {@code corpus} and {@code token_ids}, each document once
   * @throws UnlearningException if a file cannot be read
   * @throws IllegalArgumentException if a file is not of its format, or a document of the set is
   *     not among the ids or is of another corpus there
   */
  public static List<TokenSequence> idsOf(Path set, Path tokenIds) {
    Map<String, TokenSequence> byDocument = new HashMap<>();
    for (TokenSequence sequence : ids(tokenIds)) {
      byDocument.put(sequence.name().orElseThrow(), sequence);
    }
    return CsvFile.read(
        set,
        List.of(DOC_ID, CORPUS),
        row -> {
          TokenSequence sequence = byDocument.get(row.text(DOC_ID));
          checkArgument(
              sequence != null, "doc_id must be among those of %s", tokenIds.getFileName());
          checkArgument(
              sequence.domain().orElseThrow().equals(row.text(CORPUS)),
              "corpus must be the same as in %s",
              tokenIds.getFileName());
          return sequence;
        });
  }

  /**
   * Reads all sequences of a file of ids.
   *
   * @param tokenIds has {@code doc_id}, {@code corpus} and {@code token_ids}, each document once
   * @throws UnlearningException if the file cannot be read
   * @throws IllegalArgumentException if the file is not of its format
   */
  public static List<TokenSequence> ids(Path tokenIds) {
    Set<String> documents = new HashSet<>();
    return CsvFile.read(
        tokenIds,
        List.of(DOC_ID, CORPUS, "token_ids"),
        row -> {
          checkArgument(documents.add(row.text(DOC_ID)), "doc_id must not come twice");
          return named(parsed(row.text("token_ids")), row);
        });
  }

  /**
   * Reads a set by its text, which a tokenizer encodes. Lengths vary; the authors cut or pad to 200
   * tokens, and so do {@code MemorizationAccuracy.paperCompat} and its like.
   *
   * @param set has the columns {@code doc_id}, {@code corpus} and {@code text}
   * @throws UnlearningException if the file cannot be read
   * @throws IllegalArgumentException if the file is not of its format, or a text cannot be encoded
   */
  public static List<TokenSequence> encoded(Path set, Tokenizer tokenizer) {
    return CsvFile.read(
        set,
        List.of(DOC_ID, CORPUS, "text"),
        row -> named(tokenizer.encode(row.text("text")), row));
  }

  /**
   * Reads rows of ids without a header: unsigned 16-bit integers, little-endian, row by row, as the
   * challenge's 15,000 sequences of 200 tokens are when its arrays are joined. A sequence is named
   * by the number of its row, from 0, which is its {@code doc_id}; it has no domain.
   *
   * @param rowLength tokens per row; 200 for the challenge
   * @throws UnlearningException if the file cannot be read
   * @throws IllegalArgumentException if {@code rowLength < 1}, or the file does not hold one or
   *     more whole rows
   */
  public static List<TokenSequence> rows(Path file, int rowLength) {
    checkArgument(rowLength >= 1, "rowLength must be >= 1, but was: %s", rowLength);
    byte[] bytes = bytes(file);
    int rowBytes = Math.multiplyExact(rowLength, Short.BYTES);
    checkArgument(
        bytes.length > 0 && bytes.length % rowBytes == 0,
        "%s must hold whole rows of %s bytes, but has %s bytes",
        file.getFileName(),
        rowBytes,
        bytes.length);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    List<TokenSequence> rows = new ArrayList<>();
    while (buffer.hasRemaining()) {
      int[] ids = new int[rowLength];
      for (int i = 0; i < rowLength; i++) {
        ids[i] = Short.toUnsignedInt(buffer.getShort());
      }
      rows.add(TokenSequence.of(ids).withName(Integer.toString(rows.size())));
    }
    return rows;
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UnlearningException("cannot read the file " + file, e);
    }
  }

  private static TokenSequence named(TokenSequence sequence, CsvFile.Row row) {
    return sequence.withName(row.text(DOC_ID)).withDomain(row.text(CORPUS));
  }

  private static TokenSequence parsed(String tokenIds) {
    List<String> words = Splitter.on(' ').omitEmptyStrings().splitToList(tokenIds);
    int[] ids = new int[words.size()];
    for (int position = 0; position < ids.length; position++) {
      Integer id = Ints.tryParse(words.get(position));
      checkArgument(
          id != null && id >= 0,
          "token_ids must be integers >= 0 with spaces between, but position %s has none",
          position);
      ids[position] = id;
    }
    return TokenSequence.of(ids);
  }
}
