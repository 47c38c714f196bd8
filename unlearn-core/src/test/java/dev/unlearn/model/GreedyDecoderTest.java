package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.spi.Decoding;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class GreedyDecoderTest {
  private static final List<TokenSequence> PROMPTS =
      TestSequences.random(1, 13, 3, 1, 7, 3, 9, 10, 2);

  private final TestNetwork network = new TestNetwork();
  private final GreedyDecoder decoder = new GreedyDecoder(network);

  @AfterEach
  void close() {
    network.close();
  }

  @Test
  void generate_appendsTheMostProbableIds() {
    TokenSequence prompt = PROMPTS.get(0);

    assertThat(decoder.generate(List.of(prompt), Decoding.greedy(7)).get(0))
        .isEqualTo(plain(prompt, 7));
  }

  @Test
  void generate_raggedEqualsOneAtATime() {
    List<int[]> together = decoder.generate(PROMPTS, Decoding.greedyTo(10));

    for (int i = 0; i < PROMPTS.size(); i++) {
      assertThat(together.get(i))
          .as("prompt %s", i)
          .isEqualTo(plain(PROMPTS.get(i), 10 - PROMPTS.get(i).length()));
    }
  }

  @Test
  void generate_newTokensForEachPrompt() {
    List<TokenSequence> prompts = TestSequences.random(2, 13, 6, 2, 4);

    List<int[]> together = decoder.generate(prompts, Decoding.greedy(4));

    for (int i = 0; i < prompts.size(); i++) {
      assertThat(together.get(i)).isEqualTo(plain(prompts.get(i), 4));
    }
  }

  /** 4096 tokens a forward pass: at 8 tokens that is 512 rows. */
  @Test
  void generate_moreThanOneForwardPassTakes() {
    int[] lengths = new Random(3).ints(1000, 8, 10).toArray();
    List<TokenSequence> prompts = TestSequences.random(4, 13, lengths);

    List<int[]> together = decoder.generate(prompts, Decoding.greedyTo(10));

    assertThat(network.headRows).startsWith(512L).allMatch(rows -> rows <= 512);
    assertThat(together).hasSize(1000);
    for (int i = 0; i < prompts.size(); i += 97) {
      assertThat(together.get(i)).isEqualTo(plain(prompts.get(i), 10 - prompts.get(i).length()));
    }
  }

  @Test
  void generate_promptAlreadyThatLong() {
    assertThat(decoder.generate(PROMPTS.subList(2, 4), Decoding.greedyTo(5)))
        .satisfiesExactly(
            longer -> assertThat(longer).isEmpty(), shorter -> assertThat(shorter).hasSize(2));
  }

  @Test
  void generate_noPrompts() {
    assertThat(decoder.generate(List.of(), Decoding.greedy(3))).isEmpty();
  }

  @Test
  void generate_computesTheHeadForTheLastPositionOnly() {
    assertThat(decoder.generate(PROMPTS.subList(2, 3), Decoding.greedy(2))).hasSize(1);

    assertThat(network.headRows).containsExactly(1L, 1L);
  }

  /**
   * On a thread that has them on, as every new one: a graph would be built and kept for nothing.
   */
  @Test
  void generate_withoutGradients() {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      assertThat(decoder.generate(PROMPTS.subList(0, 1), Decoding.greedy(2))).hasSize(1);
    }

    assertThat(network.gradientModes).isNotEmpty().containsOnly(false);
  }

  /** One prompt, all logits, the argmax taken in Java. */
  private int[] plain(TokenSequence prompt, int count) {
    long[] ids = Arrays.stream(prompt.ids()).asLongStream().toArray();
    for (int i = 0; i < count; i++) {
      try (NDManager scope = network.manager().newSubManager();
          Torch.GradientMode off = Torch.gradientsOff()) {
        NDArray array = scope.create(ids, new Shape(1, ids.length));
        NDArray hidden = network.hidden(array, array.onesLike(), null);
        float[] logits =
            network.logits(hidden.reshape(new Shape(-1, 8))).get(new NDIndex("-1")).toFloatArray();
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
          best = logits[id] > logits[best] ? id : best;
        }
        ids = LongStream.concat(LongStream.of(ids), LongStream.of(best)).toArray();
      }
    }
    network.headRows.clear();
    return LongStream.of(ids).skip(prompt.length()).mapToInt(Math::toIntExact).toArray();
  }
}
