package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.internal.Torch;
import dev.unlearn.objective.Objectives;
import dev.unlearn.spi.train.ObjectiveContext;
import dev.unlearn.spi.train.ObjectiveMemory;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Share;
import dev.unlearn.spi.train.TokenBatch;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Shares and built-in objectives by hand, over passes without a model. */
@Tag("engine")
final class ShareTest {
  private static final TokenSequence LONG = TokenSequence.of(0, 1, 2);
  private static final TokenSequence SHORT = TokenSequence.of(1, 2);
  private static final float LN2 = (float) Math.log(2);

  private NDManager manager;

  @BeforeEach
  void openManager() {
    manager = NDManager.newBaseManager(Torch.ENGINE);
  }

  @AfterEach
  void closeManager() {
    manager.close();
  }

  @Test
  void tokenMean_splitBatchesAddUp() {
    // Values 1, 2 and 6 at three targets: their mean is 3. The mean of means would be
    // ((1 + 2) / 2 + 6) / 2 = 3.75.
    Share whole = share(3, 2, LONG, SHORT);
    assertThat(whole.tokenMean(array(2, 1, 2, 6, 0)).getFloat()).isEqualTo(3);
    Share first = share(3, 2, LONG);
    Share second = share(3, 2, SHORT);
    assertThat(first.tokenMean(array(1, 1, 2)).getFloat()).isEqualTo(1);
    assertThat(second.tokenMean(array(1, 6)).getFloat()).isEqualTo(2);
  }

  @Test
  void tokenMean_nonTargetsIgnored() {
    assertThat(share(3, 2, LONG, SHORT).tokenMean(array(2, 1, 2, 6, 1000)).getFloat()).isEqualTo(3);
    assertThat(share(1, 1, LONG.withPromptLength(2)).tokenMean(array(1, 1000, 4)).getFloat())
        .isEqualTo(4);
  }

  /**
   * At non-targets log-probabilities are 0, so an objective of ln(1 - p), the unlikelihood, is
   * minus infinity there, and infinity times a mask of 0 is NaN.
   */
  @Test
  void tokenMean_infiniteNonTargetIgnored() {
    NDArray perToken = array(2, 1, 2, 6, Float.NEGATIVE_INFINITY);
    assertThat(share(3, 2, LONG, SHORT).tokenMean(perToken).getFloat()).isEqualTo(3);
  }

  @Test
  void sequenceMean_splitBatchesAddUp() {
    // (1 + 5) / 2
    assertThat(share(3, 2, LONG, SHORT).sequenceMean(vector(1, 5)).getFloat()).isEqualTo(3);
    assertThat(share(3, 2, LONG).sequenceMean(vector(1)).getFloat()).isEqualTo(0.5f);
    assertThat(share(3, 2, SHORT).sequenceMean(vector(5)).getFloat()).isEqualTo(2.5f);
  }

  @Test
  void means_areScalarsOfTheBatch() {
    Share share = share(3, 2, LONG, SHORT);
    NDArray tokenMean = share.tokenMean(array(2, 1, 2, 6, 0));
    NDArray sequenceMean = share.sequenceMean(vector(1, 5));
    assertThat(tokenMean.getShape()).isEqualTo(new Shape());
    assertThat(sequenceMean.getShape()).isEqualTo(new Shape());
  }

  @Test
  void create_noTargets() {
    assertThatThrownBy(() -> share(0, 1, SHORT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("counts of an update must be > 0, but were: 0, 1");
    assertThatThrownBy(() -> share(1, 0, SHORT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("counts of an update must be > 0, but were: 1, 0");
  }

  @Test
  void gradientAscent_handNumbers() {
    // p = 1/2, 1/4 and 1/8 of three targets: the mean log-probability is -(1 + 2 + 3) / 3 ln 2.
    NDArray logProbabilities = array(2, -LN2, -2 * LN2, -3 * LN2, 0);
    Share share = share(logProbabilities, 3, 2, LONG, SHORT);
    assertThat(Objectives.gradientAscent().loss(context(share)).getFloat())
        .isCloseTo(-2 * LN2, within(1e-6f));
    assertThat(Objectives.gradientDescent().loss(context(share)).getFloat())
        .isCloseTo(2 * LN2, within(1e-6f));
  }

  @Test
  void gradientAscent_shareOfALargerUpdate() {
    NDArray logProbabilities = array(2, -LN2, -2 * LN2, -3 * LN2, 0);
    Share share = share(logProbabilities, 12, 5, LONG, SHORT);
    assertThat(Objectives.gradientAscent().loss(context(share)).getFloat())
        .isCloseTo(-0.5f * LN2, within(1e-6f));
  }

  private static ObjectiveContext context(Share share) {
    return new MicroBatchContext(share, null, null, new ObjectiveMemory());
  }

  private Share share(long targets, int sequences, TokenSequence... rows) {
    return share(array(1, 0), targets, sequences, rows);
  }

  private Share share(
      NDArray logProbabilities, long targets, int sequences, TokenSequence... rows) {
    TokenBatch batch = TokenBatch.of(manager, List.of(rows));
    return new Share(
        new FakePass(batch, logProbabilities), OriginalModel.silent(), targets, sequences);
  }

  private NDArray array(int rows, float... values) {
    return manager.create(values, new Shape(rows, values.length / rows));
  }

  private NDArray vector(float... values) {
    return manager.create(values);
  }

  private record FakePass(TokenBatch batch, NDArray logProbabilities) implements Pass {
    @Override
    public NDArray logits() {
      throw new AssertionError("no logits");
    }

    @Override
    public NDArray hiddenStates(int layer) {
      throw new AssertionError("no hidden states");
    }

    @Override
    public void backward() {
      throw new AssertionError("no model");
    }
  }
}
