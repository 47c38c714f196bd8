package dev.unlearn.model;

import static dev.unlearn.spi.DecodingListener.NONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.model.generation.PromptDecoder;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** With a network that keeps keys and values, and with one that computes all of every row anew. */
@Tag("engine")
@ParameterizedClass
@ValueSource(booleans = {true, false})
final class PromptDecoderTest {
  private static final BruteForce.Tally TALLY = new BruteForce.Tally(PromptDecoderTest.class);
  private static final long MEMORY = 1L << 30;

  private static final List<TokenSequence> PROMPTS =
      TestSequences.random(1, 13, 3, 1, 7, 3, 9, 10, 2, 1);

  @Parameter boolean keeps;

  private TestNetwork network;
  private DjlCausalLm model;
  private PromptDecoder decoder;

  @BeforeEach
  void open() {
    var spec = TestDecoders.spec(draft -> draft.contextLength = 30);
    network = keeps ? TestNetwork.keeping(spec) : new TestNetwork(spec);
    model = network.model();
    decoder = new PromptDecoder(network, MEMORY);
  }

  @AfterEach
  void close() {
    model.close();
  }

  @AfterAll
  static void check() {
    TALLY.check();
  }

  @Test
  void decode_appendsTheBestIds() {
    assertGenerated(PROMPTS.subList(0, 1), Decoding.greedy(7));
  }

  @Test
  void decode_raggedToOneLength() {
    assertGenerated(PROMPTS, Decoding.greedyTo(30));
  }

  @Test
  void decode_newTokensForEachPrompt() {
    assertGenerated(PROMPTS, Decoding.greedy(20));
  }

  @Test
  void decode_promptsOfOneToken() {
    assertGenerated(TestSequences.random(5, 13, 1, 1, 1), Decoding.greedy(29));
  }

  private void assertGenerated(List<TokenSequence> prompts, Decoding decoding) {
    int[] newTokens = prompts.stream().mapToInt(p -> decoding.newTokensAfter(p.length())).toArray();

    new BruteForce(model, TALLY)
        .assertGenerated(prompts, newTokens, decoder.decode(prompts, decoding, NONE));
  }

  /** Rows of one step are 512 at most, all of them those that are still going on. */
  @Test
  void decode_moreThanOneBatchTakes() {
    int[] lengths = IntStream.range(0, 1000).map(i -> i % 5 < 3 ? 8 : 9).toArray();
    List<TokenSequence> prompts = TestSequences.random(4, 13, lengths);

    assertGenerated(prompts, Decoding.greedyTo(10));

    assertThat(network.branchRows).containsExactly(512, 488);
    // The 600 shorter ones come first: they get two tokens, the others one.
    assertThat(network.stepRows).containsExactly(512, 512, 488, 88);
  }

  @Test
  void bytesPerRow_areOf16KeysWithoutValues() {
    assertThat(network.bytesPerRow()).isEqualTo(keeps ? 8 * network.bytesPerToken() : 0);
  }

  @Test
  void decode_everyBudget() {
    for (Decoding decoding : List.of(Decoding.greedy(18), sampled(5).build())) {
      List<int[]> expected = decode(PROMPTS, decoding);
      long keptBytes = 18 * network.bytesPerToken() + network.bytesPerRow();
      long rowBytes = network.bytesPerComputedToken() + keptBytes;
      for (long bytes : new long[] {1, 20_000, 300_000, 3_000_000}) {
        network.branchRows.clear();
        network.stepRows.clear();

        assertThat(new PromptDecoder(network, bytes).decode(PROMPTS, decoding, NONE))
            .containsExactlyElementsOf(expected);

        // An eighth is for reading; one row is decoded whatever it takes.
        long most = Math.max(1, bytes / 8 * 7 / rowBytes);
        assertThat(network.branchRows).isNotEmpty().allMatch(rows -> rows <= most);
        assertThat(network.stepRows).isNotEmpty().allMatch(rows -> rows <= most);
        if (bytes >= 300_000) {
          assertThat(network.branchRows).containsExactly(8);
        }
      }
    }
  }

  /** All logits are equal; with room for packed matrices and without. */
  @Test
  void decode_lowestIdAtATie() {
    network.parameters().get("embedding.token.weight").muli(0);
    for (long bytes : new long[] {MEMORY, 1}) {
      assertThat(new PromptDecoder(network, bytes).decode(PROMPTS, Decoding.greedy(18), NONE))
          .hasSize(8)
          .allSatisfy(ids -> assertThat(ids).hasSize(18).containsOnly(0));
    }
  }

  @Test
  void decode_promptAlreadyThatLong() {
    assertThat(decode(PROMPTS.subList(2, 4), Decoding.greedyTo(5)))
        .satisfiesExactly(
            longer -> assertThat(longer).isEmpty(), shorter -> assertThat(shorter).hasSize(2));
  }

  @Test
  void decode_noPrompts() {
    assertThat(decode(List.of(), Decoding.greedy(3))).isEmpty();
  }

  @Test
  void decode_computesTheHeadForTheLastPositionOnly() {
    assertThat(decode(PROMPTS.subList(2, 3), Decoding.greedy(2))).hasSize(1);

    assertThat(network.headRows).containsExactly(1L, 1L);
  }

  /**
   * On a thread that has them on, as every new one: a graph would be built and kept for nothing.
   */
  @Test
  void decode_withoutGradients() {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      assertThat(decode(PROMPTS, Decoding.greedy(2))).hasSize(8);
      assertThat(decode(PROMPTS, sampled(5).build())).hasSize(8);
    }

    assertThat(network.gradientModes).hasSizeGreaterThan(10).containsOnly(false);
  }

  /** Each stop sequence ends other rows, at other times, so that those that stay are any. */
  @Test
  void decode_rowsThatStopInAnyOrder() {
    List<TokenSequence> prompts =
        TestSequences.random(6, 13, new Random(7).ints(40, 1, 12).toArray());
    for (int stop = 0; stop < 13; stop += 4) {
      Decoding decoding =
          sampled(5)
              .addStopSequence(TokenSequence.of(stop))
              .addStopSequence(TokenSequence.of(1, 2))
              .build();

      List<int[]> together = decode(prompts, decoding);

      assertThat(together.stream().mapToInt(ids -> ids.length).distinct().count()).isGreaterThan(5);
      assertOneAtATime(prompts, decoding, together);
    }
  }

  @Test
  void decode_greedyRowsThatStop() {
    List<TokenSequence> prompts =
        TestSequences.random(8, 13, new Random(9).ints(40, 1, 12).toArray());
    List<int[]> whole = decode(prompts, Decoding.greedy(15));
    for (int stop = 0; stop < 13; stop++) {
      Decoding decoding =
          Decoding.builder().newTokens(15).addStopSequence(TokenSequence.of(stop)).build();
      int id = stop;

      List<int[]> stopped = decode(prompts, decoding);

      for (int i = 0; i < prompts.size(); i++) {
        int[] ids = whole.get(i);
        int first = IntStream.range(0, 15).filter(at -> ids[at] == id).findFirst().orElse(14);
        assertThat(stopped.get(i)).isEqualTo(Arrays.copyOf(ids, first + 1));
      }
    }
  }

  /** What is drawn depends on the index of a prompt and its tokens, not on the other prompts. */
  @Test
  void decode_sampledTogetherAndAlone() {
    assertOneAtATime(PROMPTS, sampled(5).build(), decode(PROMPTS, sampled(5).build()));
    assertThat(decode(PROMPTS, sampled(5).build()).get(0))
        .isNotEqualTo(decode(PROMPTS, sampled(6).build()).get(0));
  }

  /** In place of the others come prompts that end at once. */
  private void assertOneAtATime(
      List<TokenSequence> prompts, Decoding decoding, List<int[]> together) {
    for (int i = 0; i < prompts.size(); i++) {
      List<TokenSequence> others =
          new ArrayList<>(Collections.nCopies(i, TokenSequence.of(new int[30])));
      others.add(prompts.get(i));
      Decoding.Builder alone =
          Decoding.builder()
              .maxLength(prompts.get(i).length() + decoding.newTokens())
              .temperature(decoding.temperature())
              .seed(decoding.seed());
      for (TokenSequence stop : decoding.stopSequences()) {
        alone = alone.addStopSequence(stop);
      }
      assertThat(decode(others, alone.build()).get(i))
          .as("prompt %s", i)
          .isEqualTo(together.get(i));
    }
  }

  @Test
  void decode_transformSeesTheTokens() {
    List<List<Integer>> seen = new ArrayList<>();
    Decoding decoding =
        Decoding.builder()
            .newTokens(4)
            .logitsTransform(
                (tokens, logits) -> {
                  assertThat(logits).hasSize(13);
                  seen.add(IntStream.of(tokens).boxed().toList());
                })
            .build();

    List<int[]> decoded = decode(PROMPTS, decoding);

    List<List<Integer>> expected = new ArrayList<>();
    for (int i = 0; i < PROMPTS.size(); i++) {
      for (int count = 0; count < 4; count++) {
        expected.add(
            IntStream.concat(
                    IntStream.of(PROMPTS.get(i).ids()), Arrays.stream(decoded.get(i), 0, count))
                .boxed()
                .toList());
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(decoded).usingRecursiveComparison().isEqualTo(decode(PROMPTS, Decoding.greedy(4)));
  }

  /** The transform sees logits of the row whose tokens it sees. */
  @Test
  void decode_transformChoosesByTokens() {
    Decoding decoding =
        Decoding.builder()
            .newTokens(6)
            .logitsTransform((tokens, logits) -> logits[(tokens.length * tokens[0]) % 13] = 1e9f)
            .build();

    List<int[]> decoded = decode(PROMPTS, decoding);

    for (int i = 0; i < PROMPTS.size(); i++) {
      TokenSequence prompt = PROMPTS.get(i);
      assertThat(decoded.get(i))
          .isEqualTo(
              IntStream.range(0, 6).map(k -> (prompt.length() + k) * prompt.id(0) % 13).toArray());
    }
  }

  @Test
  void decode_tellsTokensInOrderAndProgress() {
    Heard heard = new Heard(PROMPTS.size(), Integer.MAX_VALUE);

    List<int[]> decoded = decoder.decode(PROMPTS, Decoding.greedyTo(12), heard);

    for (int i = 0; i < PROMPTS.size(); i++) {
      assertThat(heard.tokens.get(i))
          .containsExactlyElementsOf(IntStream.of(decoded.get(i)).boxed().toList());
    }
    int total = decoded.stream().mapToInt(ids -> ids.length).sum();
    assertThat(heard.progress).isSorted().endsWith((long) total);
    assertThat(heard.totals).containsOnly((long) total);
    // Eleven steps, before each of which it is asked.
    assertThat(heard.asked).isEqualTo(11).isEqualTo(heard.progress.size());
  }

  @Test
  void decode_cancelledBeforeEachStep() {
    for (int allowed = 0; allowed < 5; allowed++) {
      Heard heard = new Heard(PROMPTS.size(), allowed);

      assertThatThrownBy(() -> decoder.decode(PROMPTS, Decoding.greedy(5), heard))
          .isInstanceOf(CancellationException.class)
          .hasMessage("decoding was cancelled after %d tokens", 8 * allowed);
      assertThat(heard.progress).hasSize(allowed);
    }
    assertThat(decoder.decode(PROMPTS, Decoding.greedy(5), new Heard(8, 5))).hasSize(8);
  }

  private static Decoding.Builder sampled(long seed) {
    return Decoding.builder().newTokens(18).temperature(1).seed(seed);
  }

  private List<int[]> decode(List<TokenSequence> prompts, Decoding decoding) {
    return decoder.decode(prompts, decoding, NONE);
  }

  /** Writes down what it hears, and cancels when it has been asked too often. */
  private static final class Heard implements DecodingListener {
    final List<List<Integer>> tokens;
    final List<Long> progress = new ArrayList<>();
    final List<Long> totals = new ArrayList<>();
    private final int allowed;
    int asked;

    Heard(int prompts, int allowed) {
      tokens =
          Stream.generate(() -> (List<Integer>) new ArrayList<Integer>()).limit(prompts).toList();
      this.allowed = allowed;
    }

    @Override
    public void token(int prompt, int token) {
      tokens.get(prompt).add(token);
    }

    @Override
    public void progressed(long doneTokens, long totalTokens) {
      progress.add(doneTokens);
      totals.add(totalTokens);
    }

    @Override
    public boolean cancelled() {
      asked++;
      return asked > allowed;
    }
  }
}
