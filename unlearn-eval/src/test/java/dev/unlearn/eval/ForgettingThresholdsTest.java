package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ForgettingThresholdsTest {
  private static final FakeCausalLm MODEL = FakeCausalLm.ofTable(1, 2, 0);
  private static final TokenSequence SIX = TokenSequence.of(0, 1, 2, 2, 0, 1);
  private static final TokenSequence FOUR = TokenSequence.of(0, 1, 2, 0);

  @Test
  void measure_handNumbers() {
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX, FOUR)), 2, "weights");
    assertThat(thresholds.order()).isEqualTo(2);
    assertThat(thresholds.minLength()).isEqualTo(4);
    assertThat(thresholds.maxLength()).isEqualTo(6);
    assertThat(thresholds.sequenceCount()).isEqualTo(2);
    assertThat(thresholds.targetCount()).isEqualTo(8);
    // (19/24 + 1) / 2, see ExtractionLikelihoodTest.
    assertThat(thresholds.elThreshold()).isCloseTo(43.0 / 48, within(1e-12));
    // Four of five, and all: (4/5 + 1) / 2.
    assertThat(thresholds.maThreshold()).isCloseTo(0.9, within(1e-12));
    assertThat(thresholds.modelDigest()).contains("weights");
  }

  @Test
  void measure_onePass() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
    var unused = ForgettingThresholds.measure(model, Corpus.of(List.of(SIX, FOUR)), 2);
    assertThat(model.scorePasses()).isOne();
    assertThat(model.continuing()).isOne();
  }

  @Test
  void measure_texts() {
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(MODEL, Corpus.ofTexts(List.of("abccab", "abca")), 2);
    assertThat(thresholds)
        .isEqualTo(ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX, FOUR)), 2));
    assertThat(thresholds.modelDigest()).isEmpty();
  }

  @Test
  void measure_corpusDigest() {
    assertThat(digest(FOUR.withPromptLength(1), TokenSequence.of(7, 1, 1)))
        .isEqualTo(sha256(2, 4, 1, 0, 1, 2, 0, 3, 0, 7, 1, 1));
  }

  @Test
  void measure_badOrder() {
    assertThatThrownBy(() -> ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX)), 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
  }

  @Test
  void measure_unseenTooShort() {
    assertThatThrownBy(() -> ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX, FOUR)), 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "unseen text: order (4) must be < sequence length (4) of sequence 1;"
                + " extraction likelihood is undefined for it");
  }

  @Test
  void of_givenNumbers() {
    ForgettingThresholds thresholds = ForgettingThresholds.of(10, 200, 0.25, 0.5);
    assertThat(thresholds)
        .hasToString(
            "ForgettingThresholds{order=10, minLength=200, maxLength=200, sequenceCount=0,"
                + " targetCount=0, elThreshold=0.25, maThreshold=0.5}");
  }

  @Test
  void of_badArguments() {
    assertRefused(0, 200, 0, 0, "order must be >= 1, but was: 0");
    assertRefused(10, 10, 0, 0, "length (10) must be > order (10)");
    assertRefused(10, 200, -0.1, 0, "el must be in [0, 1], but was: -0.1");
    assertRefused(10, 200, 1.1, 0, "el must be in [0, 1], but was: 1.1");
    assertRefused(10, 200, Double.NaN, 0, "el must be in [0, 1], but was: NaN");
    assertRefused(10, 200, 0, -0.1, "ma must be in [0, 1], but was: -0.1");
    assertRefused(10, 200, 0, 1.1, "ma must be in [0, 1], but was: 1.1");
    assertRefused(10, 200, 0, Double.NaN, "ma must be in [0, 1], but was: NaN");
  }

  private static void assertRefused(int order, int length, double el, double ma, String message) {
    assertThatThrownBy(() -> ForgettingThresholds.of(order, length, el, ma))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void gptNeo125m_published() {
    assertThat(ForgettingThresholds.GPT_NEO_125M)
        .isEqualTo(ForgettingThresholds.of(10, 200, 0.0499, 0.2994));
  }

  @Test
  void forgotten_strictlyBelowBoth() {
    ForgettingThresholds thresholds = ForgettingThresholds.of(10, 200, 0.25, 0.5);
    assertThat(thresholds.forgotten(0.24, 0.49)).isTrue();
    assertThat(thresholds.forgotten(0.25, 0.49)).isFalse();
    assertThat(thresholds.forgotten(0.24, 0.5)).isFalse();
    assertThat(thresholds.forgotten(Double.NaN, 0.49)).isFalse();
    assertThat(thresholds.forgotten(0.24, Double.NaN)).isFalse();
  }

  @Test
  void forgotten_thresholdOfZero() {
    ForgettingThresholds thresholds = ForgettingThresholds.of(10, 200, 0, 0.5);
    assertThat(thresholds.forgotten(0, 0.49)).isTrue();
    assertThat(thresholds.forgotten(1e-9, 0.49)).isFalse();
    assertThat(thresholds.forgotten(Double.NaN, 0.49)).isFalse();
  }

  @Test
  void maBelow_alone() {
    ForgettingThresholds thresholds = ForgettingThresholds.of(10, 200, 0, 0.5);
    assertThat(thresholds.maBelow(0.49)).isTrue();
    assertThat(thresholds.maBelow(0.5)).isFalse();
    assertThat(thresholds.maBelow(Double.NaN)).isFalse();
  }

  @Test
  void check_sameLengths() {
    ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX, FOUR)), 2)
        .check(ForgetSet.of(FOUR, TokenSequence.of(1, 1, 1, 1, 1), SIX));
  }

  @Test
  void check_otherLengths() {
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX, FOUR)), 2);
    assertThatThrownBy(() -> thresholds.check(ForgetSet.of(FOUR)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "the forget set has sequences of 4 to 4 tokens, but the thresholds were measured on"
                + " sequences of 4 to 6; thresholds hold only for the length and order they were"
                + " measured for: measure new ones on text cut by UnseenText.cutLike(unseen, set)");
    assertThatThrownBy(() -> thresholds.check(ForgetSet.of(SIX)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the forget set has sequences of 6 to 6 tokens, but");
  }

  @Test
  void check_promptTooLong() {
    assertThatThrownBy(
            () -> ForgettingThresholds.of(4, 6, 0, 0).check(ForgetSet.of(SIX.withPromptLength(3))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "order (4) must be <= sequence length (6) - prompt length (3) of sequence 0;"
                + " extraction likelihood is undefined for it");
  }

  @Test
  void measure_intervals() {
    ForgettingThresholds thresholds =
        ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX, FOUR)), 2);
    // Two sequences of accuracies 4/5 and 1 say little: p with 2 kl(0.9, p) <= ln 40.
    assertThat(thresholds.maInterval().orElseThrow().low()).isCloseTo(0.0907167, within(1e-6));
    assertThat(thresholds.maInterval().orElseThrow().high()).isCloseTo(1, within(1e-9));
    assertThat(thresholds.elInterval().orElseThrow().contains(43.0 / 48)).isTrue();
  }

  @Test
  void measure_piecesOfOneText_oneUnit() {
    List<TokenSequence> pieces = List.of(SIX.withName("a"), FOUR.withName("a"));
    // One unit of mean 0.9: p with kl(0.9, p) <= ln 40.
    assertThat(
            ForgettingThresholds.measure(MODEL, Corpus.of(pieces), 2)
                .maInterval()
                .orElseThrow()
                .low())
        .isCloseTo(0.0115778, within(1e-6));
  }

  @Test
  void of_noIntervals() {
    assertThat(ForgettingThresholds.GPT_NEO_125M.elInterval()).isEmpty();
    assertThat(ForgettingThresholds.GPT_NEO_125M.maInterval()).isEmpty();
  }

  /** A folder cannot be replaced by a file. */
  @Test
  void write_failureLeavesNothingBehind(@TempDir Path folder) throws IOException {
    Path taken = Files.createDirectory(folder.resolve("thresholds.json"));

    assertThat(catchThrowable(() -> ForgettingThresholds.GPT_NEO_125M.write(taken))).isNotNull();

    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(taken);
    }
  }

  @Test
  void write_readsTheSame(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("thresholds.json");
    ForgettingThresholds measured =
        ForgettingThresholds.measure(MODEL, Corpus.of(List.of(SIX, FOUR)), 2, "weights");
    measured.write(file);
    assertThat(ForgettingThresholds.read(file)).isEqualTo(measured);
    ForgettingThresholds.GPT_NEO_125M.write(file);
    assertThat(ForgettingThresholds.read(file)).isEqualTo(ForgettingThresholds.GPT_NEO_125M);
    assertThat(folder).isDirectoryContaining(path -> path.equals(file));
    assertThat(folder.toFile().list()).hasSize(1);
  }

  @Test
  void files_thatCannotBe(@TempDir Path folder) {
    Path nowhere = folder.resolve("none").resolve("thresholds.json");
    assertThatThrownBy(() -> ForgettingThresholds.read(nowhere))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot read the file " + nowhere)
        .hasCauseInstanceOf(IOException.class);
    assertThatThrownBy(() -> ForgettingThresholds.GPT_NEO_125M.write(nowhere))
        .isInstanceOf(UnlearningException.class)
        .hasMessage("cannot write the file " + nowhere);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|Not a JSON Object: []",
        "{}|format must be there, but is missing",
        "{\"format\": 2}|format must be 1, but was: 2",
        "{\"format\": 1, \"el\": 0.1}|ma must be there, but is missing",
        "{\"format\": 1, \"el\": 1.5, \"ma\": 0, \"order\": 2, \"minLength\": 4}"
            + "|el must be in [0, 1], but was: 1.5",
      })
  void read_noThresholds(String content, String reason, @TempDir Path folder) throws IOException {
    Path file = folder.resolve("thresholds.json");
    Files.writeString(file, content);
    assertThatThrownBy(() -> ForgettingThresholds.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(file + " must hold forgetting thresholds, but does not: " + reason);
  }

  private static String digest(TokenSequence... sequences) {
    FakeCausalLm model = FakeCausalLm.ofTable(0, 0, 0, 0, 0, 0, 0, 0);
    return ForgettingThresholds.measure(model, Corpus.of(List.of(sequences)), 1)
        .corpusDigest()
        .orElseThrow();
  }

  private static String sha256(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
