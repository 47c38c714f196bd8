package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.Floats;
import dev.unlearn.DelegatingCausalLm;
import dev.unlearn.TinyModel;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.WeightsDigest;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Pass;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("engine")
final class OriginalModelTest {
  private static final List<TokenSequence> SEQUENCES = TinyModel.recited().sequences();

  private TrainableCausalLm model;
  private Snapshot snapshot;
  private OriginalModel original;
  private String before;
  private double[] likelihoodsBefore;
  private float[] logitsBefore;
  private float[] statesBefore;
  private String after;

  @BeforeEach
  void train() {
    model = TinyModel.gpt2(1);
    before = WeightsDigest.of(model);
    likelihoodsBefore = OriginalModel.logLikelihoods(model, SEQUENCES);
    logitsBefore = look(Pass::logits);
    statesBefore = look(pass -> pass.hiddenStates(1));
    snapshot = new Snapshot(model);
    original = new OriginalModel(model, snapshot, null, MeasuringProgress.NONE);
    try (Updates updates =
        new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-2), 4096)) {
      updates.update(SEQUENCES);
    }
    after = WeightsDigest.of(model);
    assertThat(after).isNotEqualTo(before);
    assertThat(look(pass -> pass.hiddenStates(1))).isNotEqualTo(statesBefore);
  }

  @AfterEach
  void close() {
    snapshot.close();
    model.close();
  }

  @Test
  void ask_originalWeightsInPlace() {
    assertThat(original.<String>ask(() -> WeightsDigest.of(model))).isEqualTo(before);
    assertThat(WeightsDigest.of(model)).isEqualTo(after);
    assertThat(original.<String>ask(() -> WeightsDigest.of(model))).isEqualTo(before);
  }

  @Test
  void ask_failing() {
    assertThatThrownBy(
            () ->
                original.ask(
                    () -> {
                      throw new IllegalStateException("no answer");
                    }))
        .hasMessage("no answer");
    assertThat(WeightsDigest.of(model)).isEqualTo(after);
    snapshot.restore();
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @Test
  void restore_whileTheOriginalIsAsked() {
    String unused =
        original.ask(
            () -> {
              snapshot.restore();
              return before;
            });
    // The question ended the run: what it left to swap are the original weights both.
    snapshot.restore();
    assertThat(WeightsDigest.of(model)).isEqualTo(before);
  }

  @Test
  void logLikelihoods_asBefore() {
    assertThat(original.logLikelihoods(SEQUENCES)).isEqualTo(likelihoodsBefore);
    original.remember(SEQUENCES.subList(1, 3));
    assertThat(original.logLikelihoods(SEQUENCES)).isEqualTo(likelihoodsBefore);
    assertThat(OriginalModel.logLikelihoods(model, SEQUENCES)).isNotEqualTo(likelihoodsBefore);
  }

  /** A model that can compute with the snapshot, and one that must have it in its place. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void reference_asBefore(boolean swapped) {
    if (swapped) {
      original =
          new OriginalModel(new DelegatingCausalLm(model), snapshot, null, MeasuringProgress.NONE);
    }
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
      Reference reference = original.reference(batch, true, true, Integer.MAX_VALUE);
      assertThat(reference.logits().toFloatArray()).isEqualTo(logitsBefore);
      int vocabulary = model.vocabularySize();
      assertThat(reference.logitsAt(new long[] {2, 0, 3}).toFloatArray())
          .containsExactly(
              Floats.concat(
                  Arrays.copyOfRange(logitsBefore, 2 * vocabulary, 3 * vocabulary),
                  Arrays.copyOfRange(logitsBefore, 0, vocabulary),
                  Arrays.copyOfRange(logitsBefore, 3 * vocabulary, 4 * vocabulary)),
              within(1e-6f));
      float[] sums = reference.logLikelihoods().toFloatArray();
      for (int i = 0; i < sums.length; i++) {
        assertThat(sums[i]).isEqualTo((float) likelihoodsBefore[i]);
      }
      assertThat(reference.hiddenStates(1).toFloatArray()).isEqualTo(statesBefore);
      assertThat(reference.logits().hasGradient()).isFalse();
    }
    assertThat(WeightsDigest.of(model)).isEqualTo(after);
  }

  @Test
  void reference_notNamed() {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
      Reference reference = original.reference(batch, false, false, -1);
      assertThatThrownBy(reference::logits)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("logits of the original model can be asked for only where");
      assertThatThrownBy(reference::logLikelihoods).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> reference.hiddenStates(0)).isInstanceOf(IllegalStateException.class);
    }
  }

  private float[] look(Function<Pass, NDArray> what) {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
      return what.apply(model.passWithoutGradients(batch)).toFloatArray();
    }
  }
}
