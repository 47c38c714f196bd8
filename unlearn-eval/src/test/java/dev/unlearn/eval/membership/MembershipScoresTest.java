package dev.unlearn.eval.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.ScoreDetail;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class MembershipScoresTest {
  private static final Offset<Double> FLOAT = within(1e-6);
  private static final double LN2 = Math.log(2);

  /** Gives half of the probability to a, and the other half to all others alike. */
  private static final LogitsModel MODEL = model(1);

  /** All letters alike. */
  private static final LogitsModel FLAT = model(0);

  /** Half of the probability is a's, or 1/52. */
  private static LogitsModel model(int knowing) {
    return new LogitsModel(
        prefix -> {
          double[] logits = new double[52];
          logits[0] = knowing * Math.log(51);
          return logits;
        });
  }

  private static List<Double> scores(MembershipScore score, TokenSequence... sequences) {
    return score.scores(MODEL, MODEL.score(List.of(sequences), ScoreDetail.TARGETS));
  }

  @Test
  void loss_meanLogProbability() {
    // a is ln 1/2, others are ln 1/102; the first letter and the prompt do not count.
    assertThat(scores(MembershipScores.loss(), TokenSequence.of(5, 0, 0, 1), prompted()))
        .satisfiesExactly(
            one -> assertThat(one).isCloseTo(-(2 * LN2 + Math.log(102)) / 3, FLOAT),
            two -> assertThat(two).isCloseTo(-(LN2 + Math.log(102)) / 2, FLOAT));
  }

  private static TokenSequence prompted() {
    return TokenSequence.of(5, 0, 0, 1).withPromptLength(2);
  }

  @Test
  void zlib_textOfTheWholeOrOfTheTargets() {
    double loss = (LN2 + Math.log(102)) / 2;
    assertThat(scores(MembershipScores.zlib(), prompted()).get(0))
        .isCloseTo(-loss / Zlib.compressedLength("faab"), FLOAT);
    assertThat(scores(MembershipScores.openUnlearningZlib(), prompted()).get(0))
        .isCloseTo(-loss / Zlib.compressedLength("ab"), FLOAT);
  }

  /** Lengths that Python's zlib 1.2.13 gives; other builds of zlib may differ a little. */
  @Test
  void compressedLength_vectors() {
    String fox = "The quick brown fox jumps over the lazy dog.";
    List<String> texts =
        List.of(
            "",
            "a",
            "hello world",
            fox.repeat(5),
            "The author's full name is Hsiao Yun-Hwa.",
            "\u00e9\u00e8 \u4f60\u597d ".repeat(10));
    assertThat(texts.stream().map(Zlib::compressedLength)).containsExactly(8, 9, 19, 54, 48, 24);
  }

  @Test
  void reference_difference() {
    // ln 52 each under the flat model.
    assertThat(scores(MembershipScores.reference(FLAT, "flat"), prompted()).get(0))
        .isCloseTo(Math.log(52) - (LN2 + Math.log(102)) / 2, FLOAT);
    assertThat(MembershipScores.reference(FLAT, "flat").key()).isEqualTo("reference_flat");
  }

  @Test
  void lowerCase_ratio() {
    // B a A, of which the last two count: ln 1/2 and ln 1/102; in lower case both are a.
    TokenSequence upper = TokenSequence.of(27, 0, 26);
    assertThat(scores(MembershipScores.lowerCase(), upper).get(0))
        .isCloseTo(-(LN2 + Math.log(102)) / 2 / LN2, FLOAT);
    assertThat(scores(MembershipScores.lowerCase(), upper.withPromptLength(2)).get(0))
        .isCloseTo(-Math.log(102) / LN2, FLOAT);
    assertThat(scores(MembershipScores.lowerCase(), TokenSequence.of(1, 0)).get(0))
        .isCloseTo(-1, FLOAT);
  }

  /** What does not fit has no score, whatever the others have. */
  @Test
  void lowerCase_beyondTheContext() {
    LogitsModel narrow = new LogitsModel(prefix -> new double[52], 2);
    List<TokenSequence> sequences = List.of(TokenSequence.of(0, 1), TokenSequence.of(0, 1, 2));
    assertThat(
            MembershipScores.lowerCase()
                .scores(narrow, narrow.score(sequences, ScoreDetail.TARGETS)))
        .containsExactly(-1.0, Double.NaN);
  }

  @Test
  void standard_keys() {
    assertThat(MembershipScores.standard().stream().map(MembershipScore::key))
        .containsExactly("loss", "zlib", "min_20", "min_40", "min_20_plus_plus");
    assertThat(
            Arrays.asList(
                MembershipScores.openUnlearningZlib().key(), MembershipScores.lowerCase().key()))
        .containsExactly("zlib_open_unlearning", "lower_case");
  }
}
