package dev.unlearn.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ForwardingCausalLmTest {
  private static final List<TokenSequence> SEQUENCES = List.of(TokenSequence.of(0, 1, 2, 2, 1));
  private static final List<int[]> LENGTHS = List.of(new int[] {1, 3});

  private final FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
  private final List<ScoreDetail> asked = new ArrayList<>();
  private final CausalLm watched =
      new ForwardingCausalLm(model) {
        @Override
        public List<TokenScores> score(List<TokenSequence> sequences, ScoreDetail detail) {
          asked.add(detail);
          return super.score(sequences, detail);
        }
      };

  @Test
  void everyWayToAsk() {
    TokenScores expected = model.score(SEQUENCES).get(0);
    assertThat(watched.score(SEQUENCES).get(0).greedy(3)).isEqualTo(expected.greedy(3));
    assertThat(watched.generate(SEQUENCES, Decoding.greedy(3)).get(0))
        .isEqualTo(model.generate(SEQUENCES, Decoding.greedy(3)).get(0));
    int[] continuation = model.continueGreedily(SEQUENCES, LENGTHS).get(0).after(3);
    assertThat(watched.continueGreedily(SEQUENCES, LENGTHS).get(0).after(3))
        .isEqualTo(continuation);
    assertThat(
            watched
                .continueGreedily(SEQUENCES, LENGTHS, List.of(expected), 1, DecodingListener.NONE)
                .get(0)
                .after(3))
        .isEqualTo(continuation);
    assertThat(watched.vocabularySize()).isEqualTo(3);
    assertThat(watched.contextLength()).isEqualTo(model.contextLength());
    assertThat(watched.tokenizer().encode("ab")).isEqualTo(TokenSequence.of(0, 1));
    assertThat(watched.info()).isEqualTo(model.info());
  }

  @Test
  void score_oneMethodAnswersForAll() {
    assertThat(watched.score(SEQUENCES)).hasSize(1);
    assertThat(watched.score(SEQUENCES, ScoreDetail.TARGETS)).hasSize(1);

    assertThat(asked).containsExactly(ScoreDetail.ALL, ScoreDetail.TARGETS);
  }

  @Test
  void create_noModel() {
    assertThatThrownBy(
            () -> {
              @SuppressWarnings("NullAway")
              var unused = new ForwardingCausalLm(null) {};
            })
        .isInstanceOf(NullPointerException.class)
        .hasMessage("model");
  }
}
