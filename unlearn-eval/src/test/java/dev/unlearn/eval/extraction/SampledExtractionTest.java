package dev.unlearn.eval.extraction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.attack.AttackContext;
import dev.unlearn.eval.audit.AttackPoint;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Recovery;
import dev.unlearn.spi.Decoding;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SampledExtractionTest {
  private static final TokenSequence PROMPTED =
      TokenSequence.of(1, 2, 3, 4, 5, 6).withPromptLength(2);
  private static final TokenSequence HALVED = TokenSequence.of(1, 1, 1, 3, 4, 5, 6);
  private static final TokenSequence UNSEEN =
      TokenSequence.of(7, 7, 7, 8, 9, 7).withPromptLength(2);

  private static final List<TokenSequence> EIGHT =
      List.of(PROMPTED, HALVED, HALVED, PROMPTED, PROMPTED, PROMPTED, HALVED, PROMPTED);

  /** Every fourth sample is what follows in {@link #PROMPTED}, the others are nothing of it. */
  private final SamplingModel model =
      new SamplingModel(
          (prompt, index, count) -> {
            int[] nothing = Collections.nCopies(count, 0).stream().mapToInt(i -> i).toArray();
            return index % 4 == 2 && prompt[0] == 1 ? new int[] {3, 4, 5, 6} : nothing;
          });

  @Test
  void run_oneOfFourSamples() {
    AttackResult result =
        SampledExtraction.of(8)
            .run(
                AttackContext.builder(model, ForgetSet.of(EIGHT))
                    .unseen(Collections.nCopies(40, UNSEEN))
                    .build());

    // Two of eight: of k the best is 1 unless all k are of the other six.
    assertThat(result.attack()).isEqualTo("leak_at_8_lcs");
    assertThat(result.metric()).isEqualTo("lcs");
    assertThat(result.points())
        .extracting(AttackPoint::setting)
        .containsExactly("1 sample", "best of 2", "best of 4", "best of 8");
    assertThat(result.points())
        .extracting(AttackPoint::strength)
        .containsExactly(1.0, 2.0, 4.0, 8.0);
    assertThat(result.points().get(0).forgotten().value()).isCloseTo(2 / 8.0, within(1e-12));
    assertThat(result.points().get(1).forgotten().value()).isCloseTo(1 - 15 / 28.0, within(1e-12));
    assertThat(result.points().get(2).forgotten().value()).isCloseTo(1 - 15 / 70.0, within(1e-12));
    assertThat(result.points().get(3).perSequence()).hasSize(8).containsOnly(1.0);
    assertThat(result.points().get(3).unseen().orElseThrow().value()).isEqualTo(0);
    assertThat(result.recovery()).isEqualTo(Recovery.COMES_BACK);
  }

  @Test
  void run_promptsAndDecoding() {
    AttackResult result =
        SampledExtraction.builder()
            .samples(3)
            .temperature(0.7)
            .topP(0.9)
            .seed(5)
            .build()
            .run(AttackContext.builder(model, ForgetSet.of(PROMPTED, HALVED)).build());

    assertThat(result.attack()).isEqualTo("leak_at_3_lcs_temperature_0.7_top_p_0.9_seed_5");
    assertThat(result.points()).extracting(AttackPoint::strength).containsExactly(1.0, 2.0, 3.0);
    // The prompt, or the first half (three of seven); to the sequence's own length.
    assertThat(model.prompts())
        .containsExactly(
            List.of(1, 2),
            List.of(1, 2),
            List.of(1, 2),
            List.of(1, 1, 1),
            List.of(1, 1, 1),
            List.of(1, 1, 1));
    assertThat(model.decodings()).extracting(Decoding::maxLength).containsExactly(6, 7);
    assertThat(model.decodings()).extracting(Decoding::seed).containsExactly(161L, 162L);
    assertThat(model.decodings()).extracting(Decoding::temperature).containsOnly(0.7);
    assertThat(model.decodings()).extracting(Decoding::topP).containsOnly(0.9);
  }

  @Test
  void run_known() {
    SamplingModel reciting = new SamplingModel((prompt, index, count) -> new int[] {3, 4, 5, 6});
    AttackResult result =
        SampledExtraction.of(4)
            .run(AttackContext.builder(model, ForgetSet.of(PROMPTED)).original(reciting).build());

    assertThat(result.points().get(0).before().orElseThrow().value()).isEqualTo(1);
    assertThat(result.recovery()).isEqualTo(Recovery.UNDECIDED);
  }

  @Test
  void build_badNumbers() {
    assertThatThrownBy(() -> SampledExtraction.of(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("samples must be >= 1, but was: 0");
    assertThatThrownBy(() -> SampledExtraction.builder().temperature(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "temperature must be finite and > 0, but was: 0.0; at 0 all samples are the same");
    assertThatThrownBy(() -> SampledExtraction.builder().topP(0).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("topP must be in (0, 1], but was: 0.0");
  }
}
