package dev.unlearn.model;

import static dev.unlearn.model.PassGradients.RAGGED;
import static dev.unlearn.model.PassGradients.assertClose;
import static dev.unlearn.model.PassGradients.assertSame;
import static dev.unlearn.model.PassGradients.backward;
import static dev.unlearn.model.PassGradients.gradients;
import static dev.unlearn.model.PassGradients.plainGradients;
import static dev.unlearn.model.PassGradients.random;
import static dev.unlearn.model.PassGradients.weighted;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.HeadMemory;
import dev.unlearn.internal.Values;
import dev.unlearn.model.decoder.TestDecoders;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TargetLogits;
import dev.unlearn.spi.train.TokenBatch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Terms of whole distributions, in pieces, against one graph over everything. */
@Tag("engine")
final class PerTargetTest {
  private final TestNetwork network = new TestNetwork();

  @AfterEach
  void close() {
    network.close();
  }

  /** The entropy of what predicts a target, and how far a given distribution is from it. */
  @Test
  void perTarget_valuesAndGradients() {
    Function<Leaves, NDArray> loss =
        leaves -> {
          NDArray perToken = leaves.perTarget(PerTargetTest::surprise, climbing(network));
          assertThat(perToken.getShape()).isEqualTo(new Shape(3, 5));
          return perToken.mul(random(perToken, 8)).sum().add(weighted(leaves));
        };

    assertSame(network, RAGGED, loss);
  }

  /** The head gives 139 rows of 60,000 logits a piece, and the reference as many at a time. */
  @Test
  void perTarget_inPieces() {
    try (TestNetwork large =
        new TestNetwork(
            TestDecoders.spec(
                draft -> {
                  draft.vocabularySize = 60_000;
                  draft.contextLength = 100;
                }))) {
      List<TokenSequence> sequences = TestSequences.random(3, 60_000, 100, 100, 70);
      List<Integer> asked = new ArrayList<>();
      Reference reference =
          new GivenReference(
              places -> {
                asked.add(places.length);
                return climbing(large).logitsAt(places);
              });
      Function<Leaves, NDArray> loss =
          leaves -> {
            NDArray perToken = leaves.perTarget(PerTargetTest::surprise, reference);
            return perToken.mul(random(perToken, 8)).sum().mul(0.1f);
          };

      Map<String, double[]> actual =
          gradients(large, sequences, pass -> backward(loss.apply(Leaves.of(pass)), pass));

      assertThat(large.headRows).containsExactly(139L, 128L, 139L, 128L);
      assertThat(asked).containsExactly(139, 128, 139, 128);
      assertClose(actual, plainGradients(large, sequences, loss), 1e-6);
    }
  }

  @Test
  void perTarget_ofAnotherShape() {
    try (TokenBatch batch = TokenBatch.of(network.manager(), RAGGED)) {
      Pass pass = new NetworkPass(network, batch, true, false, new HeadMemory());

      assertThatThrownBy(() -> pass.perTarget(targets -> targets.logits(), climbing(network)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "a term must return a value of each of 9 targets, shape (9), but returned: (9, 13)");
    }
  }

  @Test
  void targets_none() {
    List<TokenSequence> single = List.of(TokenSequence.of(5));
    Map<String, double[]> gradients =
        gradients(
            network,
            single,
            pass -> {
              assertThat(pass.logProbabilities().getShape()).isEqualTo(new Shape(1, 0));
              assertThat(pass.perTarget(PerTargetTest::surprise, climbing(network)).getShape())
                  .isEqualTo(new Shape(1, 0));
              pass.backward();
            });

    assertThat(gradients.values()).allMatch(values -> Values.largest(values) == 0);
  }

  /** Entropy plus cross-entropy with a reference. */
  private static NDArray surprise(TargetLogits targets) {
    NDArray logP = targets.logits().logSoftmax(-1);
    NDArray own = logP.exp().mul(logP).sum(new int[] {-1});
    NDArray other = targets.reference().softmax(-1).mul(logP).sum(new int[] {-1});
    return own.add(other).neg();
  }

  /** Logits of a place that depend on its number and on the id. */
  private static Reference climbing(Network network) {
    return new GivenReference(
        places -> {
          int vocabulary = network.vocabularySize();
          float[] logits = new float[places.length * vocabulary];
          for (int i = 0; i < logits.length; i++) {
            logits[i] = 0.01f * places[i / vocabulary] * (i % vocabulary % 7);
          }
          return network.manager().create(logits, new Shape(places.length, vocabulary));
        });
  }

  private record GivenReference(Function<long[], NDArray> given) implements Reference {
    @Override
    public NDArray logitsAt(long[] places) {
      return given.apply(places);
    }

    @Override
    public NDArray logLikelihoods() {
      throw new AssertionError("not asked");
    }

    @Override
    public NDArray logits() {
      throw new AssertionError("never whole");
    }

    @Override
    public NDArray hiddenStates(int layer) {
      throw new AssertionError("not asked");
    }
  }
}
