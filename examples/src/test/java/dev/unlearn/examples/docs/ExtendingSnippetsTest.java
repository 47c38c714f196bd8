package dev.unlearn.examples.docs;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.unlearn.RunOptions;
import dev.unlearn.api.Corpus;
import dev.unlearn.api.ForgetReport;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.Outcome;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.examples.RecitingModel;
import dev.unlearn.optimizer.OptimizerState;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class ExtendingSnippetsTest {
  @Test
  void signDescent_sameStepForEveryWeight() {
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      NDArray weights = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
      NDArray gradients = manager.create(new float[] {0.5f, -7, 0, 1e-6f}, new Shape(2, 2));
      try (OptimizerState state =
          new ExtendingSnippets.SignDescent(0.25).start(manager, List.of(weights))) {
        state.update(List.of(gradients));
      }
      assertThat(weights.toFloatArray()).containsExactly(0.75f, 2.25f, 3, 3.75f);
    }
  }

  @Test
  void ofOwnParts_forgets() {
    try (TrainableCausalLm model = RecitingModel.create()) {
      List<TokenSequence> records = RecitingModel.records(model);
      List<Integer> epochs = new ArrayList<>();
      ForgetReport report =
          ExtendingSnippets.ofOwnParts(Corpus.of(records.subList(2, 4)))
              .forget(
                  model,
                  ForgetSet.of(records.subList(0, 2)),
                  RunOptions.builder().listener(ExtendingSnippets.epochsTo(epochs::add)).build());

      assertThat(report.settings())
          .containsEntry("optimizer", "sign-descent(1.0E-4)")
          .containsEntry("guard", "custom guard");
      assertThat(report.settings().get("objective")).contains("custom retain term");
      assertThat(report.outcome()).isIn(Outcome.FORGOTTEN, Outcome.GAVE_UP);
      assertThat(epochs).hasSameSizeAs(report.epochs()).startsWith(0, 1);
    }
  }
}
