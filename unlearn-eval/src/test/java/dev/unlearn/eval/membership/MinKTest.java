package dev.unlearn.eval.membership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.base.Splitter;
import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Min-K % and Min-K %++; the files' headers say where the numbers are from. */
final class MinKTest {
  private static final Offset<Double> FLOAT = within(2e-6);

  private static final List<TokenSequence> SEQUENCES =
      List.of(
          TokenSequence.of(1, 4, 2, 9, 3, 7, 10).withPromptLength(2),
          TokenSequence.of(1, 5, 8, 2, 6, 10).withPromptLength(3),
          TokenSequence.of(1, 3, 3, 4, 10).withPromptLength(2));

  private static final Map<List<Integer>, double[]> LOGITS = new HashMap<>();
  private static final LogitsModel MODEL = new LogitsModel(LOGITS::get);

  @BeforeAll
  static void read() throws IOException {
    try (InputStream in = MinKTest.class.getResourceAsStream("tiny-logits.csv")) {
      String file = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : Splitter.on('\n').omitEmptyStrings().split(file)) {
        if (!line.startsWith("#")) {
          List<String> cells = Splitter.on("; ").splitToList(line);
          TokenSequence sequence = SEQUENCES.get(Integer.parseInt(cells.get(0)));
          int[] prefix = sequence.ids(0, Integer.parseInt(cells.get(1)) + 1);
          LOGITS.put(
              Ints.asList(prefix),
              Splitter.on(' ')
                  .splitToStream(cells.get(2))
                  .mapToDouble(Double::parseDouble)
                  .toArray());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvFileSource(resources = "min-k.csv", delimiter = ';')
  void scores_vectors(
      int sequence, double k, double strict, double plus, double muse, double ou, double ouPlus) {
    assertThat(score(MembershipScores.minK(k), sequence)).isCloseTo(strict, FLOAT);
    assertThat(score(MembershipScores.minKPlusPlus(k), sequence)).isCloseTo(plus, FLOAT);
    assertThat(score(MembershipScores.openUnlearningMinK(k), sequence)).isCloseTo(ou, FLOAT);
    assertThat(score(MembershipScores.openUnlearningMinKPlusPlus(k), sequence))
        .isCloseTo(ouPlus, FLOAT);
    if (Double.isNaN(muse)) {
      assertThat(score(MembershipScores.museMinK(k), sequence)).isNaN();
    } else {
      assertThat(score(MembershipScores.museMinK(k), sequence)).isCloseTo(muse, FLOAT);
    }
  }

  private static double score(MembershipScore score, int index) {
    ScoreDetail detail = score.needsMoments() ? ScoreDetail.MOMENTS : ScoreDetail.TARGETS;
    return score.scores(MODEL, MODEL.score(SEQUENCES, detail)).get(index);
  }

  @Test
  void scores_wholeSequence_isTheMean() {
    assertThat(score(MembershipScores.minK(1), 0))
        .isCloseTo(score(MembershipScores.loss(), 0), within(1e-12));
  }

  @Test
  void scores_certainModel() {
    // All of the mass on the true token: it is the mean, and the deviation is 0.
    TokenSequence sequence = TokenSequence.of(1, 2);
    TokenScores sure =
        new TokenScores(sequence, new float[] {0}, new int[] {2})
            .withMoments(new float[] {0}, new float[] {0});
    TokenScores wrong =
        new TokenScores(sequence, new float[] {-10}, new int[] {3})
            .withMoments(new float[] {0}, new float[] {0});
    List<TokenScores> both = List.of(sure, wrong);
    assertThat(MembershipScores.minKPlusPlus(0.2).scores(MODEL, both))
        .containsExactly(0.0, Double.NEGATIVE_INFINITY);

    // open-unlearning drops the only target, and divides by at least 1e-3 where there are two.
    assertThat(MembershipScores.openUnlearningMinKPlusPlus(0.2).scores(MODEL, both))
        .containsExactly(Double.NaN, Double.NaN);
    TokenScores longer =
        new TokenScores(TokenSequence.of(1, 2, 3), new float[] {-10, 0}, new int[] {3, 3})
            .withMoments(new float[] {0, 0}, new float[] {0, 0});
    assertThat(MembershipScores.openUnlearningMinKPlusPlus(0.2).scores(MODEL, List.of(longer)))
        .containsExactly(-10 / Math.sqrt(1e-6));
  }

  @Test
  void scores_noMoments() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 0);
    List<TokenScores> scores = model.score(List.of(TokenSequence.of(0, 1)));
    assertThatThrownBy(() -> MembershipScores.minKPlusPlus(0.2).scores(model, scores))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("scores have no moments; ask for ScoreDetail.MOMENTS");
  }

  @Test
  void scores_noTarget() {
    TokenScores scores = new TokenScores(TokenSequence.of(1), new float[0], new int[0]);
    assertThat(MembershipScores.minK(0.2).scores(MODEL, List.of(scores)))
        .containsExactly(Double.NaN);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -0.1, 1.1, Double.NaN})
  void minK_badShare(double k) {
    assertThatThrownBy(() -> MembershipScores.minK(k))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("k must be in (0, 1], but was: " + k);
    assertThatThrownBy(() -> MembershipScores.minKPlusPlus(k))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("k must be in (0, 1], but was: " + k);
  }

  @Test
  void key_share() {
    assertThat(MembershipScores.minK(0.2).key()).isEqualTo("min_20");
    assertThat(MembershipScores.museMinK(0.07).key()).isEqualTo("min_7_muse");
    assertThat(MembershipScores.openUnlearningMinK(0.125).key())
        .isEqualTo("min_12.5_open_unlearning");
    assertThat(MembershipScores.minKPlusPlus(1).key()).isEqualTo("min_100_plus_plus");
    assertThat(MembershipScores.openUnlearningMinKPlusPlus(0.4).title())
        .isEqualTo("Min-40 %++ (open-unlearning)");
  }
}
