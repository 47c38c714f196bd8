package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Devices;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.ScoreDetail;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import dev.unlearn.spi.train.TokenBatch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class DjlCausalLmTest {
  private static final List<TokenSequence> FINE = List.of(TokenSequence.of(1, 2, 3));

  private final TestNetwork network = new TestNetwork();
  private final CountingTokenizer tokenizer = new CountingTokenizer();
  private final DjlCausalLm model =
      new DjlCausalLm(
          "tiny", network, tokenizer, true, DjlCausalLmTest::save, LoadOptions.defaults());

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void info_describesTheNetwork() {
    long elements = network.parameters().values().stream().mapToLong(NDArray::size).sum();

    assertThat(model.info())
        .isEqualTo(new ModelInfo("tiny", elements, 2, "float32", Devices.byDefault().toString()));
    assertThat(model.vocabularySize()).isEqualTo(13);
    assertThat(model.contextLength()).isEqualTo(10);
    assertThat(model.tokenizer()).isSameAs(tokenizer);
    assertThat(model.manager()).isSameAs(network.manager());
    assertThat(model.parameters()).isEqualTo(network.parameters());
  }

  @Test
  void id_outsideTheVocabulary() {
    List<TokenSequence> sequences =
        List.of(TokenSequence.of(12, 0), TokenSequence.of(1, 2, 13, 14));
    String message =
        "sequence 1 must hold ids of the vocabulary, [0, 13), but holds another at position 2";

    assertRefused(() -> model.score(sequences), message);
    assertRefused(() -> model.generate(sequences, Decoding.greedy(1)), message);
    assertRefused(() -> pass(sequences), message);
  }

  @Test
  void sequence_longerThanTheContext() {
    List<TokenSequence> sequences =
        List.of(TokenSequence.of(new int[10]), TokenSequence.of(new int[11]));
    String message = "sequence 1 has 11 tokens; the model's context length allows at most 10";

    assertRefused(() -> model.generate(sequences, Decoding.greedyTo(1)), message);
    assertRefused(() -> pass(sequences), message);
    assertRefused(
        () -> model.continueGreedily(sequences, List.of(new int[] {1}, new int[] {1})), message);
  }

  /** The last token is not given to the model. */
  @Test
  void score_oneTokenMoreThanTheContext() {
    TokenSequence longest = TokenSequence.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    TokenSequence fits = longest.head(10);
    TokenSequence rest = TokenSequence.of(longest.ids(1, 11)).withPromptLength(4);

    TokenScores scores = model.score(List.of(longest)).get(0);
    for (int t = 1; t < 10; t++) {
      assertThat(scores.logProbability(t))
          .isCloseTo(model.score(List.of(fits)).get(0).logProbability(t), within(1e-5));
    }
    assertThat(scores.logProbability(10)).isNegative();
    for (ScoreDetail detail : ScoreDetail.values()) {
      List<TokenSequence> sharing =
          List.of(longest.withPromptLength(4), fits.withPromptLength(4), rest);
      assertThat(model.score(sharing, detail).get(0).logProbability(10))
          .isCloseTo(scores.logProbability(10), within(1e-5));
    }
    assertRefused(
        () -> model.score(List.of(fits, TokenSequence.of(new int[12]))),
        "sequence 1 has 12 tokens; the model's context length allows at most 11");
  }

  @Test
  void generate_beyondTheContext() {
    List<TokenSequence> prompts =
        List.of(TokenSequence.of(1), TokenSequence.of(1, 2, 3, 4, 5, 6, 7, 8));

    assertThat(model.generate(prompts, Decoding.greedy(2)).get(1)).hasSize(2);
    assertThat(model.generate(prompts, Decoding.greedyTo(10)).get(0)).hasSize(9);
    assertRefused(
        () -> model.generate(prompts, Decoding.greedy(3)),
        "prompt 1 of 8 tokens would grow to 11; the model's context length allows at most 10");
    assertRefused(
        () -> model.generate(prompts, Decoding.greedyTo(11)),
        "prompt 0 of 1 tokens would grow to 11; the model's context length allows at most 10");
  }

  /** The sum of the two lengths does not fit an int. */
  @Test
  void generate_farBeyondTheContext() {
    assertRefused(
        () -> model.generate(FINE, Decoding.greedy(Integer.MAX_VALUE)),
        "prompt 0 of 3 tokens would grow to 2147483650; the model's context length allows at most"
            + " 10");
  }

  @Test
  void save_givesTheParametersToTheSaver() {
    assertThatThrownBy(() -> model.save(Path.of("somewhere"), SaveOptions.defaults()))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("somewhere " + network.parameters().keySet());
  }

  @Test
  void closed_refusesEverything() {
    model.close();

    assertClosed(() -> model.score(FINE));
    assertClosed(() -> model.generate(FINE, Decoding.greedy(1)));
    assertClosed(() -> pass(FINE));
    assertClosed(model::parameters);
    assertClosed(model::info);
    assertClosed(() -> model.save(Path.of("somewhere"), SaveOptions.defaults()));
  }

  @Test
  void close_twice() {
    model.close();
    model.close();

    assertThat(tokenizer.closed).isEqualTo(1);
    assertThat(network.manager().isOpen()).isFalse();
  }

  private void pass(List<TokenSequence> sequences) {
    try (TestNetwork other = new TestNetwork();
        TokenBatch batch = TokenBatch.of(other.manager(), sequences)) {
      assertThat(model.pass(batch)).isNotNull();
    }
  }

  private static void save(Map<String, NDArray> parameters, Path target, SaveOptions options) {
    throw new UnsupportedOperationException(target + " " + parameters.keySet());
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  private static void assertClosed(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the model is closed");
  }

  private static final class CountingTokenizer implements Tokenizer, AutoCloseable {
    int closed;

    @Override
    public TokenSequence encode(String text) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String decode(int... ids) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      closed++;
    }
  }
}
