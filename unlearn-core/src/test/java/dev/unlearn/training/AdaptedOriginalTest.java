package dev.unlearn.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.TinyModel;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.Reference;
import dev.unlearn.spi.train.TokenBatch;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** To ask the original model of a run that trains an adapter is to switch the adapter off. */
@Tag("engine")
final class AdaptedOriginalTest {
  private static final List<TokenSequence> SEQUENCES = TinyModel.recited().sequences();

  @Test
  void reference_isTheModelWithoutItsAdapter() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      double[] likelihoods = OriginalModel.logLikelihoods(model, SEQUENCES);
      float[] logits = logits(model);
      try (Adapter adapter = Adapters.lora().attach(model);
          Snapshot snapshot = new Snapshot(model)) {
        OriginalModel original = new OriginalModel(model, snapshot, null, MeasuringProgress.NONE);
        try (Updates updates =
            new Updates(model, Objectives.gradientAscent(), Optimizers.adam(1e-2), 4096)) {
          updates.update(SEQUENCES);
          updates.update(SEQUENCES);
        }
        assertThat(adapter.isMerged()).isFalse();
        assertThat(logits(model)).isNotEqualTo(logits);
        try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
          Reference reference = original.reference(batch, true, true, -1);
          assertThat(reference.logits().toFloatArray()).isEqualTo(logits);
        }
        assertThat(original.logLikelihoods(SEQUENCES)).isEqualTo(likelihoods);
        assertThat(logits(model)).isNotEqualTo(logits);
      }
    }
  }

  private static float[] logits(TrainableCausalLm model) {
    try (TokenBatch batch = TokenBatch.of(model.manager(), SEQUENCES)) {
      return model.passWithoutGradients(batch).logits().toFloatArray();
    }
  }
}
