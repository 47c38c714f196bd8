package dev.unlearn.eval.targets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Throwables;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TargetFilesTest {
  private static final Tokenizer LETTERS = FakeCausalLm.ofTable(0).tokenizer();

  @TempDir Path folder;
  private Path ids;

  @BeforeEach
  void writeIds() throws IOException {
    ids =
        file(
            "ids.csv",
            "doc_id,corpus,token_ids\n28,github,3 50256 7\n1670,pile-cc,1 2\n9,books3,5 6 7 8\n");
  }

  private Path file(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  @Test
  void idsOf_joinsInTheOrderOfTheSet() throws IOException {
    Path set =
        file(
            "set.csv",
            "doc_id,corpus,text\n9,books3,\"two\nlines, \"\"quoted\"\"\"\n28,github,x\n");
    assertThat(TargetFiles.idsOf(set, ids))
        .containsExactly(
            TokenSequence.of(5, 6, 7, 8).withName("9").withDomain("books3"),
            TokenSequence.of(3, 50256, 7).withName("28").withDomain("github"));
  }

  @Test
  void ids_all() throws IOException {
    assertThat(TargetFiles.ids(ids))
        .extracting(sequence -> sequence.name().orElseThrow())
        .containsExactly("28", "1670", "9");
  }

  @Test
  void encoded_byTheTokenizer() throws IOException {
    Path set = file("set.csv", "doc_id,corpus,text\r\n4,github,\"abc\"\r\n5,books3,ba\r\n");
    assertThat(TargetFiles.encoded(set, LETTERS))
        .containsExactly(
            TokenSequence.of(0, 1, 2).withName("4").withDomain("github"),
            TokenSequence.of(1, 0).withName("5").withDomain("books3"));
  }

  /** 0x0102, 0xFFFF and 1, 0 in little-endian bytes. */
  @Test
  void rows_littleEndianAndUnsigned() throws IOException {
    Path file = folder.resolve("rows.bin");
    Files.write(file, new byte[] {2, 1, -1, -1, 1, 0, 0, 0});
    assertThat(TargetFiles.rows(file, 2))
        .containsExactly(
            TokenSequence.of(0x0102, 0xFFFF).withName("0"), TokenSequence.of(1, 0).withName("1"));
  }

  @Test
  void rows_notWhole() throws IOException {
    Path file = folder.resolve("rows.bin");
    Files.write(file, new byte[6]);
    refused(
        () -> TargetFiles.rows(file, 2),
        "rows.bin must hold whole rows of 4 bytes, but has 6 bytes");
    Files.write(file, new byte[0]);
    refused(
        () -> TargetFiles.rows(file, 2),
        "rows.bin must hold whole rows of 4 bytes, but has 0 bytes");
    refused(() -> TargetFiles.rows(file, 0), "rowLength must be >= 1, but was: 0");
  }

  /** The record that begins in line 2 has three lines, so the bad one begins in line 5. */
  @Test
  void idsOf_unknownDocument() throws IOException {
    Path set = file("set.csv", "doc_id,corpus,text\n9,books3,\"a\nb\nc\"\n29,github,secret\n");
    refused(
        () -> TargetFiles.idsOf(set, ids),
        "set.csv, line 5: doc_id must be among those of ids.csv");
  }

  @Test
  void idsOf_otherCorpus() throws IOException {
    Path set = file("set.csv", "doc_id,corpus,text\n9,github,secret\n");
    refused(
        () -> TargetFiles.idsOf(set, ids),
        "set.csv, line 2: corpus must be the same as in ids.csv");
  }

  @Test
  void ids_badIds() throws IOException {
    for (String bad : List.of("3 x 5", "3 -1 5", "3 99999999999 5", "3 4.5 5")) {
      Path file = file("bad.csv", "doc_id,corpus,token_ids\n1,github,1\n2,github," + bad + "\n");
      refused(
          () -> TargetFiles.ids(file),
          "bad.csv, line 3: token_ids must be integers >= 0 with spaces between, but position 1 has"
              + " none");
    }
    Path none = file("bad.csv", "doc_id,corpus,token_ids\n1,github,\n");
    refused(
        () -> TargetFiles.ids(none),
        "bad.csv, line 2: a token sequence must hold at least one id, but was empty");
  }

  @Test
  void ids_documentTwice() throws IOException {
    Path file = file("bad.csv", "doc_id,corpus,token_ids\n1,github,1\n1,github,2\n");
    refused(() -> TargetFiles.ids(file), "bad.csv, line 3: doc_id must not come twice");
  }

  @Test
  void read_badForm() throws IOException {
    refused(
        () -> TargetFiles.ids(file("bad.csv", "doc_id,text\n1,secret\n")),
        "bad.csv, line 1: the header must name [doc_id, corpus, token_ids]");
    refused(
        () -> TargetFiles.ids(file("bad.csv", "secret,secret,,\n1,github,1,2\n")),
        "bad.csv, line 1: the header must name [doc_id, corpus, token_ids]");
    refused(
        () -> TargetFiles.ids(file("bad.csv", "")),
        "bad.csv, line 1: the header must name [doc_id, corpus, token_ids]");
    refused(
        () -> TargetFiles.ids(file("bad.csv", "doc_id,corpus,token_ids\n")),
        "bad.csv, line 2: there must be a record, but there is none");
    refused(
        () -> TargetFiles.ids(file("bad.csv", "doc_id,corpus,token_ids\n1,github,1\n2,github\n")),
        "bad.csv, line 3: a record must have as many fields as the header (3), but has 2");
    refused(
        () -> TargetFiles.ids(file("bad.csv", "doc_id,corpus,token_ids\n1,github,\"1 2\n")),
        "bad.csv, line 2: the file must be CSV with quotes that close");
    refused(
        () -> TargetFiles.ids(file("bad.csv", "doc_id,corpus,token_ids\n1,github,\"1\"secret\n")),
        "bad.csv, line 2: the file must be CSV with quotes that close");
  }

  @Test
  void read_notUtf8() throws IOException {
    Path file = folder.resolve("bad.csv");
    Files.write(file, "doc_id,corpus,text\n1,github,é\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> TargetFiles.encoded(file, LETTERS))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("bad.csv, line ")
        .hasMessageEndingWith(": the file must be UTF-8");
  }

  @Test
  void encoded_textThatCannotBe() throws IOException {
    Path set = file("set.csv", "doc_id,corpus,text\n1,github,\n");
    refused(
        () -> TargetFiles.encoded(set, LETTERS),
        "set.csv, line 2: a token sequence must hold at least one id, but was empty");
  }

  @Test
  void read_noFile() {
    Path none = folder.resolve("none.csv");
    for (Reading reading :
        List.<Reading>of(() -> TargetFiles.ids(none), () -> TargetFiles.rows(none, 2))) {
      assertThatThrownBy(reading::read)
          .isInstanceOf(UnlearningException.class)
          .hasMessage("cannot read the file " + none)
          .hasCauseInstanceOf(NoSuchFileException.class);
    }
  }

  private interface Reading {
    List<TokenSequence> read() throws IOException;
  }

  private static void refused(Reading reading, String message) {
    assertThatThrownBy(reading::read)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message)
        .satisfies(e -> assertThat(Throwables.getStackTraceAsString(e)).doesNotContain("secret"));
  }
}
