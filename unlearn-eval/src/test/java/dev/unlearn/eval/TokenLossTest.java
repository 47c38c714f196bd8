package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.api.MetricResult;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** {@link TokenLoss} and {@link Perplexity}, its exponential. */
final class TokenLossTest {
  private static final Offset<Double> FLOAT = within(1e-6);
  private static final double LN2 = Math.log(2);

  private static final FakeCausalLm MODEL = FakeCausalLm.ofTable(1, 2, 0);
  // Three hits of probability 1/2, one miss of 1/4: 3 ln 2 + 2 ln 2 over four targets.
  private static final TokenSequence LONG = TokenSequence.of(0, 1, 2, 2, 0);
  // One miss: 2 ln 2 over one target.
  private static final TokenSequence SHORT = TokenSequence.of(0, 2);

  @Test
  void measure_handNumbers() {
    MetricResult loss = TokenLoss.of().measure(MODEL, List.of(LONG, SHORT));
    assertThat(loss.key()).isEqualTo("loss");
    assertThat(loss.perSequence().get(0)).isCloseTo(5 * LN2 / 4, FLOAT);
    assertThat(loss.perSequence().get(1)).isCloseTo(2 * LN2, FLOAT);
    // Over all five targets; the mean over sequences would be 13/8 ln 2.
    assertThat(loss.value()).isCloseTo(7 * LN2 / 5, FLOAT);
  }

  @Test
  void measure_perplexity() {
    MetricResult perplexity = Perplexity.of().measure(MODEL, List.of(LONG, SHORT));
    assertThat(perplexity.key()).isEqualTo("perplexity");
    assertThat(perplexity.perSequence().get(0)).isCloseTo(Math.pow(2, 1.25), FLOAT);
    assertThat(perplexity.perSequence().get(1)).isCloseTo(4, FLOAT);
    assertThat(perplexity.value()).isCloseTo(Math.pow(2, 1.4), FLOAT);
  }

  @Test
  void measure_prompt() {
    // One miss and one hit: 3 ln 2 over two targets.
    List<TokenSequence> prompted = List.of(LONG.withPromptLength(3));
    assertThat(TokenLoss.of().measure(MODEL, prompted).value()).isCloseTo(1.5 * LN2, FLOAT);
  }

  @Test
  void measure_oneToken() {
    MetricResult loss = TokenLoss.of().measure(MODEL, List.of(TokenSequence.of(0), SHORT));
    assertThat(loss.perSequence().get(0)).isNaN();
    assertThat(loss.value()).isCloseTo(2 * LN2, FLOAT);
    assertThat(Perplexity.of().measure(MODEL, List.of(TokenSequence.of(0))).value()).isNaN();
  }

  @Test
  void check_oneToken() {
    List<TokenSequence> sequences = List.of(TokenSequence.of(0));
    assertThatThrownBy(() -> TokenLoss.of().check(sequences))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length (1) of sequence 0 must be > 1; token loss is undefined for it");
    assertThatThrownBy(() -> Perplexity.of().check(sequences))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("length (1) of sequence 0 must be > 1; perplexity is undefined for it");
  }

  @Test
  void direction_lower() {
    assertThat(TokenLoss.of().higherMeansKnown()).isFalse();
    assertThat(Perplexity.of().higherMeansKnown()).isFalse();
    assertThat(TokenLoss.of()).hasToString("loss");
    assertThat(Perplexity.of()).hasToString("perplexity");
  }
}
