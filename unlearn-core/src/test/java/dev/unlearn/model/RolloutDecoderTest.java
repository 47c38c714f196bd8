package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.model.generation.RolloutDecoder;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.GreedyRollouts.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
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
final class RolloutDecoderTest {
  private static final BruteForce.Tally TALLY = new BruteForce.Tally(RolloutDecoderTest.class);
  private static final DecoderSpec SPEC = TestDecoders.spec(draft -> draft.contextLength = 26);
  private static final long LARGE = 1L << 32;

  private static final List<TokenSequence> SEQUENCES =
      TestSequences.random(1, 13, 9, 1, 26, 7, 2, 17, 9);

  private static final List<int[]> PREFIXES = BruteForce.allPrefixes(SEQUENCES);

  @Parameter boolean keeps;

  private TestNetwork network;
  private DjlCausalLm model;

  @BeforeEach
  void open() {
    network = keeps ? TestNetwork.keeping(SPEC) : new TestNetwork(SPEC);
    model = network.model();
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
  void decode_everyBudget() {
    List<int[]> expected = decode(LARGE, DecodingListener.NONE);
    for (long bytes : new long[] {1, 20_000, 300_000, 3_000_000}) {
      network.prefixCounts.clear();
      network.branchRows.clear();
      network.stepRows.clear();

      assertThat(decode(bytes, DecodingListener.NONE)).containsExactlyElementsOf(expected);

      // Less an eighth, half is for rows, of which one is decoded whatever it takes.
      long most = Math.max(1, bytes / 16 * 7 / network.bytesPerComputedToken());
      assertThat(network.branchRows).isNotEmpty().allMatch(rows -> rows <= Math.min(512, most));
      assertThat(network.stepRows).isNotEmpty().allMatch(rows -> rows <= Math.min(512, most));
      if (bytes == 3_000_000) {
        assertThat(network.branchRows).containsExactly(rows());
      }
    }
  }

  @Test
  void decode_smallestBudget() {
    new BruteForce(model, TALLY).assertPrefixes(SEQUENCES, PREFIXES, continued(1));

    // The sequence of one token and those without a wrong choice have no rows.
    assertThat(network.prefixCounts).hasSizeBetween(4, 6).containsOnly(1);
    assertThat(network.branchRows).containsOnly(1);
    assertThat(network.stepRows).containsOnly(1);
  }

  @Test
  void decode_largeBudget() {
    assertThat(continued(LARGE)).hasSize(7);

    // In five sequences more than the last token, which the scores know, may be wrong.
    assertThat(network.prefixCounts).containsExactly(5);
    assertThat(network.branchRows).containsExactly(rows());
    // Rows retire as they are complete.
    assertThat(network.stepRows)
        .hasSizeBetween(15, 24)
        .isSortedAccordingTo((a, b) -> b - a)
        .endsWith(1);
  }

  /** 64 sequences are read at a time, 512 rows decoded. */
  @Test
  void decode_moreThanOneBatchTakes() {
    List<TokenSequence> sequences =
        TestSequences.random(2, 13, IntStream.range(0, 70).map(i -> 12).toArray());

    new BruteForce(model, TALLY).assertAllPrefixes(sequences);

    assertThat(network.prefixCounts).startsWith(64, 6);
    assertThat(network.branchRows).startsWith(512).hasSizeGreaterThan(2);
  }

  /** Room for own tokens grows at 256, with rows that have retired and without. */
  @Test
  void decode_manyTokens() {
    DecoderSpec spec = TestDecoders.spec(draft -> draft.contextLength = 300);
    List<TokenSequence> sequences = TestSequences.random(4, 13, 300, 290);
    List<int[]> prefixes = List.of(new int[] {1, 2, 9, 200}, new int[] {1, 5, 280});
    TestNetwork longer = keeps ? TestNetwork.keeping(spec) : new TestNetwork(spec);
    try (DjlCausalLm of = longer.model()) {
      GreedyRollouts rollouts = GreedyRollouts.of(sequences, prefixes, of.score(sequences));
      List<int[]> decoded =
          new RolloutDecoder(longer, LARGE)
              .decode(sequences, rollouts.rollouts(), DecodingListener.NONE);

      assertThat(decoded).anyMatch(ids -> ids.length > 257).anyMatch(ids -> ids.length < 257);
      new BruteForce(of, TALLY).assertPrefixes(sequences, prefixes, rollouts.join(decoded));
    }
  }

  @Test
  void decode_withoutGradients() {
    try (Torch.GradientMode on = Torch.gradientsOn()) {
      assertThat(model.continueGreedily(SEQUENCES, PREFIXES)).hasSize(7);
    }

    assertThat(network.gradientModes).hasSizeGreaterThan(20).containsOnly(false);
  }

  @Test
  void decode_nothing() {
    assertThat(new RolloutDecoder(network, LARGE).decode(SEQUENCES, List.of(), failing()))
        .isEmpty();
    assertThat(network.prefixCounts).isEmpty();
  }

  /** There is nothing to compute: the first token is known from the scores. */
  @Test
  void decode_oneToken() {
    List<int[]> decoded =
        new RolloutDecoder(network, LARGE)
            .decode(SEQUENCES, List.of(new Rollout(0, 8, 3, 1)), DecodingListener.NONE);

    assertThat(decoded.get(0)).containsExactly(3);
    assertThat(network.prefixCounts).isEmpty();
  }

  @Test
  void decode_progress() {
    long total = total();
    for (long bytes : new long[] {1, LARGE}) {
      List<Long> heard = new ArrayList<>();
      DecodingListener listener =
          new DecodingListener() {
            @Override
            public void token(int prompt, int token) {
              throw new AssertionError("tokens are not for listeners here");
            }

            @Override
            public void progressed(long doneTokens, long totalTokens) {
              assertThat(totalTokens).isEqualTo(total);
              heard.add(doneTokens);
            }
          };

      assertThat(decode(bytes, listener)).hasSize(rollouts().size());

      assertThat(heard).isSorted().doesNotHaveDuplicates().endsWith(total);
    }
  }

  @Test
  void decode_cancelled() {
    DecodingListener cancelling =
        new DecodingListener() {
          @Override
          public boolean cancelled() {
            return network.stepRows.size() >= 3;
          }
        };

    assertThatThrownBy(() -> decode(LARGE, cancelling))
        .isInstanceOf(CancellationException.class)
        .hasMessageMatching("decoding was cancelled after \\d+ tokens");
    assertThat(network.stepRows).hasSize(3);
  }

  /** And before prefixes are read. */
  @Test
  void decode_cancelledBeforeEachStep() {
    for (int allowed = 0; allowed < 5; allowed++) {
      network.prefixCounts.clear();
      network.stepRows.clear();
      int[] asked = {allowed};
      DecodingListener cancelling =
          new DecodingListener() {
            @Override
            public boolean cancelled() {
              return asked[0]-- == 0;
            }
          };

      assertThatThrownBy(() -> decode(LARGE, cancelling)).isInstanceOf(CancellationException.class);
      assertThat(network.prefixCounts).hasSize(Math.min(1, allowed));
      assertThat(network.stepRows).hasSize(Math.max(0, allowed - 1));
    }
  }

  /** All logits are equal; with room for packed matrices and without. */
  @Test
  void decode_lowestIdAtATie() {
    network.parameters().get("embedding.token.weight").muli(0);
    for (long bytes : new long[] {LARGE, 1}) {
      assertThat(decode(bytes, DecodingListener.NONE))
          .hasSizeGreaterThan(20)
          .allSatisfy(ids -> assertThat(ids).containsOnly(0));
    }
  }

  private static DecodingListener failing() {
    return new DecodingListener() {
      @Override
      public void progressed(long doneTokens, long totalTokens) {
        throw new AssertionError("nothing is decoded");
      }
    };
  }

  private List<Rollout> rollouts() {
    return GreedyRollouts.of(SEQUENCES, PREFIXES, model.score(SEQUENCES)).rollouts();
  }

  private int rows() {
    return (int) rollouts().stream().filter(rollout -> rollout.newTokens() > 1).count();
  }

  private long total() {
    return rollouts().stream().mapToLong(Rollout::newTokens).sum();
  }

  private List<int[]> decode(long bytes, DecodingListener listener) {
    return new RolloutDecoder(network, bytes).decode(SEQUENCES, rollouts(), listener);
  }

  private List<GreedyContinuations> continued(long bytes) {
    return GreedyRollouts.of(SEQUENCES, PREFIXES, model.score(SEQUENCES))
        .join(decode(bytes, DecodingListener.NONE));
  }
}
