package dev.unlearn.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.contract.FakeCausalLm;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The default of {@link CausalLm#continueGreedily}. */
final class ContinueGreedilyTest {

  @Test
  void continueGreedily_onePrefixAtATime() {
    Random random = new Random(7);
    for (int round = 0; round < 500; round++) {
      int alphabet = 2 + random.nextInt(4);
      FakeCausalLm model =
          round % 2 == 0
              ? FakeCausalLm.ofTable(RandomSequences.ids(random, alphabet, alphabet))
              : FakeCausalLm.ofHash(alphabet, round);
      List<TokenSequence> sequences = RandomSequences.ragged(random, 5, alphabet);
      List<int[]> prefixLengths = new ArrayList<>();
      for (TokenSequence sequence : sequences) {
        prefixLengths.add(
            IntStream.range(1, sequence.length()).filter(t -> random.nextInt(3) > 0).toArray());
      }

      List<GreedyContinuations> continuations = model.continueGreedily(sequences, prefixLengths);
      for (int index = 0; index < sequences.size(); index++) {
        TokenSequence sequence = sequences.get(index);
        assertThat(continuations.get(index).prefixLengths())
            .containsExactlyElementsOf(IntStream.of(prefixLengths.get(index)).boxed().toList());
        for (int t : prefixLengths.get(index)) {
          assertThat(continuations.get(index).after(t))
              .containsExactly(model.continuation(sequence.ids(0, t), sequence.length() - t));
        }
      }
    }
  }

  @Test
  void continueGreedily_everythingPredicted() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
    TokenSequence sequence = TokenSequence.of(0, 1, 2, 0, 1);
    GreedyContinuations continuations =
        model.continueGreedily(List.of(sequence), List.of(new int[] {1, 2, 3, 4})).get(0);
    assertThat(continuations.after(2)).containsExactly(2, 0, 1);
    assertThat(model.decodedFrom()).isEmpty();
  }

  @Test
  void continueGreedily_mispredictedPositions() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
    // After 0 1 2 comes 0, not 2, and after 0 1 2 2 0 1, not 2: decoding from 3 and 5 tokens.
    TokenSequence sequence = TokenSequence.of(0, 1, 2, 2, 0, 2, 0);
    var unused = model.continueGreedily(List.of(sequence), List.of(new int[] {1, 2, 3, 4, 5, 6}));
    assertThat(model.decodedFrom()).containsExactly(3, 5);
  }

  @Test
  void continueGreedily_unneededMisprediction() {
    FakeCausalLm model = FakeCausalLm.ofTable(1, 2, 0);
    TokenSequence sequence = TokenSequence.of(0, 1, 2, 2, 0, 2, 0);
    var unused = model.continueGreedily(List.of(sequence), List.of(new int[] {4, 6}));
    assertThat(model.decodedFrom()).containsExactly(5);
  }

  @Test
  void continueGreedily_progressOverAllLengths() {
    Heard heard = new Heard(Integer.MAX_VALUE);
    var unused = continueHeard(FakeCausalLm.ofTable(0, 0), heard);
    // Nothing is predicted. From 2 tokens: 1; from 3 tokens: 2 and 1; from 4 tokens: 3, 2 and 1.
    assertThat(heard.progress)
        .containsExactly(
            "1 of 10",
            "1 of 10",
            "3 of 10",
            "4 of 10",
            "4 of 10",
            "7 of 10",
            "9 of 10",
            "10 of 10",
            "10 of 10");
    assertThat(heard.tokens).isZero();
  }

  @Test
  void continueGreedily_cancelled() {
    for (int allowed = 0; allowed < 13; allowed++) {
      Heard heard = new Heard(allowed);
      FakeCausalLm model = FakeCausalLm.ofTable(0, 0);
      assertThatThrownBy(() -> continueHeard(model, heard))
          .isInstanceOf(CancellationException.class);
      assertThat(heard.asked).isEqualTo(allowed + 1);
    }
    // Three groups and ten tokens.
    Heard enough = new Heard(13);
    assertThat(continueHeard(FakeCausalLm.ofTable(0, 0), enough)).hasSize(3);
    assertThat(enough.asked).isEqualTo(13);
  }

  @Test
  void continueGreedily_cancelledBeforeTheFirstToken() {
    FakeCausalLm model = FakeCausalLm.ofTable(0, 0);
    assertThatThrownBy(() -> continueHeard(model, new Heard(0)))
        .isInstanceOf(CancellationException.class)
        .hasMessage("greedy continuations were cancelled by the listener");
    assertThat(model.decodedFrom()).isEmpty();
  }

  private static List<GreedyContinuations> continueHeard(CausalLm model, Heard heard) {
    List<TokenSequence> sequences =
        List.of(TokenSequence.of(1, 1, 1, 1), TokenSequence.of(1, 1), TokenSequence.of(1, 1, 1));
    List<int[]> prefixLengths = List.of(new int[] {1, 2, 3}, new int[] {1}, new int[] {1, 2});
    return model.continueGreedily(sequences, prefixLengths, model.score(sequences), 1, heard);
  }

  /** Writes down what it hears, and cancels when it has been asked too often. */
  private static final class Heard implements DecodingListener {
    private final int allowed;
    private final List<String> progress = new ArrayList<>();
    private int tokens;
    private int asked;

    private Heard(int allowed) {
      this.allowed = allowed;
    }

    @Override
    public void token(int prompt, int token) {
      tokens++;
    }

    @Override
    public void progressed(long doneTokens, long totalTokens) {
      progress.add(doneTokens + " of " + totalTokens);
    }

    @Override
    public boolean cancelled() {
      asked++;
      return asked > allowed;
    }
  }
}
