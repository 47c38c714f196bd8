package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.model.generation.RolloutDecoder;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.GreedyRollouts;
import dev.unlearn.spi.GreedyRollouts.Rollout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rollouts that several threads decode. */
@Tag("engine")
final class RolloutWorkersTest {
  private static final DecoderSpec SPEC = TestDecoders.spec(draft -> draft.contextLength = 26);
  private static final long LARGE = 1L << 32;

  /** More than those that one thread decodes, and more than a batch takes. */
  private static final List<TokenSequence> SEQUENCES =
      TestSequences.random(3, 13, IntStream.range(0, 70).map(i -> 5 + i % 20).toArray());

  private final Set<Thread> computing = Collections.synchronizedSet(new HashSet<>());
  private final TestNetwork network = TestNetwork.keeping(SPEC);
  private final DjlCausalLm model = network.model();
  private GreedyRollouts rollouts = of(BruteForce.allPrefixes(SEQUENCES));
  private int threads;

  @BeforeEach
  void open() {
    threads = Torch.threads();
    network.whenStepping = () -> computing.add(Thread.currentThread());
  }

  @AfterEach
  void close() {
    assertThat(Torch.threads()).isEqualTo(threads);
    model.close();
  }

  @ParameterizedTest
  @CsvSource({"2, 4294967296", "3, 4294967296", "2, 1", "3, 300000", "2, 3000000"})
  void decode_givesTheSame(int workers, long bytes) {
    List<int[]> expected = decode(1, LARGE, DecodingListener.NONE);
    assertThat(computing).containsExactly(Thread.currentThread());
    computing.clear();

    assertThat(decode(workers, bytes, DecodingListener.NONE))
        .hasSizeGreaterThan(600)
        .containsExactlyElementsOf(expected);

    assertThat(computing).hasSize(workers).doesNotContain(Thread.currentThread());
    assertThat(network.gradientModes).containsOnly(false);
  }

  /** Of two threads each has about half of the rows, for these need about as many tokens. */
  @Test
  void decode_sharesRows() {
    network.branchRows.clear();

    decode(2, LARGE, DecodingListener.NONE);

    assertThat(network.branchRows)
        .allMatch(rows -> rows < 288) // of a batch of 512
        .filteredOn(rows -> rows > 224)
        .hasSize(2);
  }

  @Test
  void decode_fewRowsAlone() {
    rollouts = first(63);

    assertThat(decode(2, LARGE, DecodingListener.NONE)).hasSize(63);

    assertThat(computing).containsExactly(Thread.currentThread());
  }

  @Test
  void decode_enoughRowsTogether() {
    rollouts = first(64);

    assertThat(decode(2, LARGE, DecodingListener.NONE)).hasSize(64);

    assertThat(computing).hasSize(2).doesNotContain(Thread.currentThread());
  }

  @Test
  void decode_tellsTheCaller() {
    List<Long> heard = new ArrayList<>();
    Thread caller = Thread.currentThread();
    DecodingListener listener =
        new DecodingListener() {
          @Override
          public void progressed(long doneTokens, long totalTokens) {
            assertThat(Thread.currentThread()).isEqualTo(caller);
            heard.add(doneTokens);
          }

          @Override
          public boolean cancelled() {
            assertThat(Thread.currentThread()).isEqualTo(caller);
            return false;
          }
        };

    decode(2, LARGE, listener);

    assertThat(heard)
        .isSorted()
        .doesNotHaveDuplicates()
        .endsWith(rollouts.rollouts().stream().mapToLong(Rollout::newTokens).sum());
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

    assertThatThrownBy(() -> decode(2, LARGE, cancelling))
        .isInstanceOf(CancellationException.class)
        .hasMessageMatching("decoding was cancelled after \\d+ tokens");

    assertNobodyComputes();
  }

  /** When nothing is left to decode there is nothing to cancel. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void decode_cancelledAfterTheLastToken(int workers) {
    AtomicBoolean done = new AtomicBoolean();
    DecodingListener late =
        new DecodingListener() {
          @Override
          public void progressed(long doneTokens, long totalTokens) {
            done.set(doneTokens == totalTokens);
          }

          @Override
          public boolean cancelled() {
            return done.get();
          }
        };

    assertThat(decode(workers, LARGE, late)).hasSameSizeAs(rollouts.rollouts());
    assertThat(done).isTrue();
  }

  @Test
  void decode_listenerThatFails() {
    DecodingListener failing =
        new DecodingListener() {
          @Override
          public void progressed(long doneTokens, long totalTokens) {
            if (doneTokens > rollouts.rollouts().size()) {
              throw new IllegalStateException("no more of this");
            }
          }
        };

    assertThatThrownBy(() -> decode(2, LARGE, failing))
        .isExactlyInstanceOf(IllegalStateException.class)
        .hasMessage("no more of this");

    assertNobodyComputes();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void decode_threadThatFails(boolean error) {
    AtomicInteger steps = new AtomicInteger();
    network.whenStepping =
        () -> {
          computing.add(Thread.currentThread());
          if (steps.incrementAndGet() == 5) {
            if (error) {
              throw new OutOfMemoryError("as it may be");
            }
            throw new IllegalArgumentException("a defect");
          }
        };

    assertThatThrownBy(() -> decode(2, LARGE, DecodingListener.NONE))
        .isExactlyInstanceOf(error ? OutOfMemoryError.class : IllegalArgumentException.class)
        .hasMessage(error ? "as it may be" : "a defect");

    assertNobodyComputes();
  }

  /** What ran has returned when the call does. */
  private void assertNobodyComputes() {
    int steps = network.stepRows.size();
    assertThat(computing).hasSizeBetween(1, 2).doesNotContain(Thread.currentThread());
    computing.clear();
    decode(1, LARGE, DecodingListener.NONE);
    assertThat(computing).containsExactly(Thread.currentThread());
    assertThat(network.stepRows).hasSizeGreaterThan(steps);
  }

  private GreedyRollouts of(List<int[]> prefixes) {
    return GreedyRollouts.of(SEQUENCES, prefixes, model.score(SEQUENCES), 1);
  }

  /** Returns the first of those of which there is something to decode. */
  private GreedyRollouts first(int count) {
    List<Rollout> some =
        rollouts.rollouts().stream().filter(it -> it.newTokens() > 1).limit(count).toList();
    return of(
        IntStream.range(0, SEQUENCES.size())
            .mapToObj(
                i ->
                    some.stream()
                        .filter(it -> it.sequence() == i)
                        .mapToInt(Rollout::position)
                        .toArray())
            .toList());
  }

  @CanIgnoreReturnValue
  private List<int[]> decode(int workers, long bytes, DecodingListener listener) {
    return new RolloutDecoder(network, bytes, workers).decode(SEQUENCES, rollouts, listener);
  }
}
