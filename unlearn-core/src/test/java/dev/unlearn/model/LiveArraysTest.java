package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.LiveArrays;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.decoder.DecoderSpec;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizer;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.training.Updates;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Nothing a model does may leave arrays or managers behind: native memory is not collected. */
@Tag("engine")
@ParameterizedClass
@ValueSource(booleans = {true, false})
final class LiveArraysTest {
  private static final List<TokenSequence> SEQUENCES = TestSequences.random(1, 13, 10, 3, 7, 1);

  private static final List<int[]> PREFIXES = BruteForce.allPrefixes(SEQUENCES);

  /** Whether the network keeps keys and values. */
  @Parameter boolean keeps;

  private DjlCausalLm model;

  @BeforeEach
  void open() {
    DecoderSpec spec = TestDecoders.spec(draft -> {});
    model = (keeps ? TestNetwork.keeping(spec) : new TestNetwork(spec)).model();
  }

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void score_leavesNothing() {
    assertConstant(() -> assertThat(model.score(SEQUENCES)).hasSize(4));
  }

  @Test
  void generate_leavesNothing() {
    assertConstant(() -> assertThat(model.generate(SEQUENCES, Decoding.greedyTo(10))).hasSize(4));
  }

  /** Rows retire, in any order. */
  @Test
  void generate_sampledWithStopSequences() {
    Decoding decoding =
        Decoding.builder()
            .maxLength(10)
            .temperature(2)
            .addStopSequence(TokenSequence.of(4))
            .addStopSequence(TokenSequence.of(7))
            .build();
    List<TokenSequence> prompts = TestSequences.random(2, 13, 3, 1, 2, 1, 1, 4, 1, 2, 1);
    assertConstant(() -> assertThat(model.generate(prompts, decoding)).hasSize(9));
  }

  @Test
  void continueGreedily_leavesNothing() {
    assertConstant(() -> assertThat(model.continueGreedily(SEQUENCES, PREFIXES)).hasSize(4));
  }

  /** Before the first step, in the midst of it, and just before the end. */
  @ParameterizedTest
  @ValueSource(ints = {0, 3, 8})
  void decoding_cancelled(int after) {
    assertConstant(
        () -> {
          int[] asked = {0};
          DecodingListener cancelling =
              new DecodingListener() {
                @Override
                public boolean cancelled() {
                  return asked[0]++ >= after;
                }
              };
          assertBothEnd(CancellationException.class, cancelling, () -> asked[0] = 0);
        });
  }

  @Test
  void decoding_listenerFails() {
    DecodingListener failing =
        new DecodingListener() {
          @Override
          public void progressed(long doneTokens, long totalTokens) {
            throw new UnsupportedOperationException("progress");
          }
        };
    assertConstant(() -> assertBothEnd(UnsupportedOperationException.class, failing, () -> {}));
  }

  @Test
  void generate_listenerFailsAtAToken() {
    DecodingListener failing =
        new DecodingListener() {
          @Override
          public void token(int prompt, int token) {
            throw new UnsupportedOperationException("token");
          }
        };
    assertConstant(
        () ->
            assertThatThrownBy(() -> model.generate(SEQUENCES, Decoding.greedyTo(10), failing))
                .hasMessage("token"));
  }

  @Test
  void generate_transformFails() {
    Decoding decoding =
        Decoding.builder()
            .maxLength(10)
            .logitsTransform(
                (tokens, logits) -> {
                  throw new UnsupportedOperationException("transform");
                })
            .build();
    assertConstant(
        () ->
            assertThatThrownBy(() -> model.generate(SEQUENCES, decoding)).hasMessage("transform"));
  }

  private void assertBothEnd(
      Class<? extends Exception> how, DecodingListener listener, Runnable between) {
    assertThatThrownBy(() -> model.generate(SEQUENCES, Decoding.greedyTo(10), listener))
        .isInstanceOf(how);
    between.run();
    List<TokenScores> scores = model.score(SEQUENCES);
    assertThatThrownBy(() -> model.continueGreedily(SEQUENCES, PREFIXES, scores, 1, listener))
        .isInstanceOf(how);
  }

  @Test
  void pass_leavesNothing() {
    assertConstant(
        () -> {
          try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES);
              Torch.GradientMode on = Torch.gradientsOn()) {
            Pass pass = model.pass(batch);
            NDArray loss =
                pass.logProbabilities()
                    .sum()
                    .add(pass.logits().sum())
                    .add(pass.hiddenStates(1).sum());
            Torch.backward(loss, batch.manager().ones(new Shape()));
            pass.backward();
          }
          Torch.zeroGradients(model.parameters().values());
        });
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void update_leavesNothing(Optimizer optimizer) {
    int before = LiveArrays.arrays(model.manager());
    try (Updates updates = new Updates(model, Objectives.gradientAscent(), optimizer, 16)) {
      assertConstant(() -> updates.update(SEQUENCES));
    }
    assertThat(LiveArrays.arrays(model.manager())).isEqualTo(before);
  }

  static Stream<Optimizer> optimizers() {
    return Stream.of(Optimizers.sgd(1e-4), Optimizers.adam(1e-5));
  }

  @Test
  void update_newOptimizerEachTime() {
    assertConstant(
        () -> {
          try (Updates updates =
              new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-5), 16)) {
            updates.update(SEQUENCES);
          }
        });
  }

  private void assertConstant(Runnable round) {
    LiveArrays.assertConstant(model.manager(), 3, 50, round);
  }
}
