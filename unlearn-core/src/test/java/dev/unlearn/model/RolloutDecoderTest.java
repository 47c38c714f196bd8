package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.Ints;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.model.generation.RolloutDecoder;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyContinuations;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.GreedyRollouts.Rollout;
import dev.unlearn.spi.TokenScores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
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
      GreedyRollouts rollouts = GreedyRollouts.of(sequences, prefixes, of.score(sequences), 1);
      List<int[]> decoded =
          new RolloutDecoder(longer, LARGE).decode(sequences, rollouts, DecodingListener.NONE);

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
    List<int[]> none = SEQUENCES.stream().map(s -> new int[0]).toList();
    GreedyRollouts nothing = GreedyRollouts.of(SEQUENCES, none, model.score(SEQUENCES), 1);

    assertThat(new RolloutDecoder(network, LARGE).decode(SEQUENCES, nothing, failing())).isEmpty();
    assertThat(network.prefixCounts).isEmpty();
  }

  /** There is nothing to compute: the first token is known from the scores. */
  @Test
  void decode_oneToken() {
    List<TokenSequence> one = List.of(TokenSequence.of(1, 2, 3));
    TokenScores scores = new TokenScores(one.get(0), new float[2], new int[] {2, 5});
    GreedyRollouts last = GreedyRollouts.of(one, List.of(new int[] {2}), List.of(scores), 1);

    List<int[]> decoded =
        new RolloutDecoder(network, LARGE).decode(one, last, DecodingListener.NONE);

    assertThat(decoded.get(0)).containsExactly(5);
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

      assertThat(decode(bytes, listener)).hasSize(rollouts().rollouts().size());

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
      DecodingListener cancelling = cancellingAfter(allowed);

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

  /**
   * With n-grams only, each rollout is the beginning of the whole one, and what is left out has no
   * n-gram of the sequence.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 5, 9, 40})
  void decode_untilNoNgramCanCome(int order) {
    List<int[]> whole = decode(LARGE, DecodingListener.NONE);
    int steps = network.stepRows.stream().mapToInt(Integer::intValue).sum();
    network.stepRows.clear();
    GreedyRollouts some = GreedyRollouts.of(SEQUENCES, PREFIXES, model.score(SEQUENCES), order);
    List<Long> heard = new ArrayList<>();

    List<int[]> ended = new RolloutDecoder(network, LARGE).decode(SEQUENCES, some, progress(heard));

    assertThat(network.stepRows.stream().mapToInt(Integer::intValue).sum()).isLessThan(steps);
    assertThat(heard).isSorted().doesNotHaveDuplicates().endsWith(total());
    int early = 0;
    for (int i = 0; i < whole.size(); i++) {
      assertThat(whole.get(i)).startsWith(ended.get(i));
      early += ended.get(i).length < whole.get(i).length ? 1 : 0;
      Rollout rollout = some.rollouts().get(i);
      TokenSequence sequence = SEQUENCES.get(rollout.sequence());
      int known = rollout.position() + ended.get(i).length;
      int[] row = Ints.concat(sequence.ids(0, rollout.position()), whole.get(i));
      for (int end = known + 1; end <= row.length; end++) {
        assertThat(occurs(Arrays.copyOfRange(row, Math.max(0, end - order), end), sequence.ids()))
            .isFalse();
      }
    }
    assertThat(early).isPositive();
  }

  /** Sequences of several lengths, one of which has no prefix; they are read in one pass. */
  @Test
  void readAndDecode_asScoredBefore() {
    List<int[]> prefixes = new ArrayList<>(PREFIXES);
    prefixes.set(3, new int[0]);

    Optional<List<GreedyContinuations>> read = read(SEQUENCES, prefixes, LARGE);

    assertThat(read.isPresent()).isEqualTo(keeps);
    if (keeps) {
      assertThat(network.prefixCounts).containsExactly(5);
      List<GreedyContinuations> found = read.orElseThrow();
      new BruteForce(model, TALLY).assertPrefixes(SEQUENCES, prefixes, found);
      List<TokenScores> scores = model.score(SEQUENCES);
      for (int i = 0; i < SEQUENCES.size(); i++) {
        boolean wasRead = prefixes.get(i).length > 0;
        assertThat(found.get(i).scores().isPresent()).isEqualTo(wasRead);
        for (int position = 1; wasRead && position < SEQUENCES.get(i).length(); position++) {
          assertThat(found.get(i).scores().orElseThrow().greedy(position))
              .isEqualTo(scores.get(i).greedy(position));
        }
      }
    }
  }

  @Test
  void readAndDecode_untilNoNgramCanCome() {
    List<GreedyContinuations> whole = model.continueGreedily(SEQUENCES, PREFIXES);

    List<GreedyContinuations> read = model.continueGreedily(SEQUENCES, PREFIXES, 5);

    int early = 0;
    for (int i = 0; i < SEQUENCES.size(); i++) {
      for (int length : PREFIXES.get(i)) {
        int[] some = read.get(i).after(length);
        assertThat(whole.get(i).after(length)).startsWith(some);
        early += some.length < whole.get(i).after(length).length ? 1 : 0;
      }
    }
    assertThat(early).isPositive();
  }

  @Test
  void readAndDecode_nothingReadWhereItDoesNotFit() {
    List<TokenSequence> many =
        TestSequences.random(2, 13, IntStream.range(0, 65).map(i -> 3).toArray());

    assertThat(read(SEQUENCES, PREFIXES, 1)).isEmpty();
    assertThat(read(many, BruteForce.allPrefixes(many), LARGE)).isEmpty();
    assertThat(read(List.of(), List.of(), LARGE)).isEmpty();
    assertThat(network.prefixCounts).isEmpty();
    new BruteForce(model, TALLY).assertAllPrefixes(many);
  }

  @Test
  void readAndDecode_cancelled() {
    for (int allowed = 0; allowed < 4; allowed++) {
      network.prefixCounts.clear();
      network.stepRows.clear();
      DecodingListener cancelling = cancellingAfter(allowed);

      if (keeps) {
        assertThatThrownBy(() -> model.continueGreedily(SEQUENCES, PREFIXES, 1, cancelling))
            .isInstanceOf(CancellationException.class);
        assertThat(network.prefixCounts).hasSize(Math.min(1, allowed));
        assertThat(network.stepRows).hasSize(Math.max(0, allowed - 1));
      }
    }
  }

  /** More sequences than are read at once, in two passes, between which a listener may cancel. */
  @Test
  void readAndDecode_cancelledWhileScoring() {
    List<TokenSequence> many =
        TestSequences.random(3, 13, IntStream.range(0, 400).map(i -> 20).toArray());
    for (int allowed = 0; allowed < 2; allowed++) {
      network.headRows.clear();
      DecodingListener cancelling = cancellingAfter(allowed);

      assertThatThrownBy(
              () -> model.continueGreedily(many, BruteForce.allPrefixes(many), 1, cancelling))
          .isInstanceOf(CancellationException.class);
      assertThat(network.headRows.isEmpty()).isEqualTo(allowed == 0);
      assertThat(network.headRows.stream().mapToLong(rows -> rows).sum()).isLessThan(400 * 19);
    }
  }

  @Test
  void readAndDecode_progress() {
    List<Long> heard = new ArrayList<>();

    assertThat(model.continueGreedily(SEQUENCES, PREFIXES, 1, progress(heard))).hasSize(7);

    assertThat(heard).isSorted().doesNotHaveDuplicates().endsWith(total());
  }

  @Test
  void readAndDecode_refusesBeforeReading() {
    List<int[]> tooLong = new ArrayList<>(PREFIXES);
    tooLong.set(0, new int[] {9});

    assertThatThrownBy(() -> model.continueGreedily(SEQUENCES, tooLong, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("prefix lengths of sequence 0 must be in [1, 9), but one was: 9");
    assertThatThrownBy(() -> model.continueGreedily(SEQUENCES, PREFIXES, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("order must be >= 1, but was: 0");
    assertThat(network.gradientModes).isEmpty();
  }

  private Optional<List<GreedyContinuations>> read(
      List<TokenSequence> sequences, List<int[]> prefixes, long bytes) {
    return new RolloutDecoder(network, bytes)
        .readAndDecode(sequences, prefixes, 1, DecodingListener.NONE);
  }

  /** Returns one that lets decoding go on so many times. */
  private static DecodingListener cancellingAfter(int allowed) {
    int[] asked = {allowed};
    return new DecodingListener() {
      @Override
      public boolean cancelled() {
        return asked[0]-- == 0;
      }
    };
  }

  private static DecodingListener failing() {
    return new DecodingListener() {
      @Override
      public void progressed(long doneTokens, long totalTokens) {
        throw new AssertionError("nothing is decoded");
      }
    };
  }

  private static boolean occurs(int[] ngram, int[] ids) {
    return Collections.indexOfSubList(Ints.asList(ids), Ints.asList(ngram)) >= 0;
  }

  private static DecodingListener progress(List<Long> heard) {
    return new DecodingListener() {
      @Override
      public void progressed(long doneTokens, long totalTokens) {
        heard.add(doneTokens);
      }
    };
  }

  private GreedyRollouts rollouts() {
    return GreedyRollouts.of(SEQUENCES, PREFIXES, model.score(SEQUENCES), 1);
  }

  private int rows() {
    return (int) rollouts().rollouts().stream().filter(rollout -> rollout.newTokens() > 1).count();
  }

  private long total() {
    return rollouts().rollouts().stream().mapToLong(Rollout::newTokens).sum();
  }

  private List<int[]> decode(long bytes, DecodingListener listener) {
    return new RolloutDecoder(network, bytes).decode(SEQUENCES, rollouts(), listener);
  }

  private List<GreedyContinuations> continued(long bytes) {
    return rollouts().join(decode(bytes, DecodingListener.NONE));
  }
}
