package dev.unlearn.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.unlearn.TinyModel;
import dev.unlearn.internal.TorchOps;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("engine")
final class WeightsDigestTest {
  @Test
  void of_equalAndOtherWeights() {
    try (TrainableCausalLm one = TinyModel.gpt2(1);
        TrainableCausalLm same = TinyModel.gpt2(1);
        TrainableCausalLm other = TinyModel.gpt2(2);
        TrainableCausalLm neo = TinyModel.gptNeo(1)) {
      assertThat(WeightsDigest.of(one)).matches("[0-9a-f]{64}").isEqualTo(WeightsDigest.of(same));
      assertThat(WeightsDigest.of(one))
          .isNotEqualTo(WeightsDigest.of(other))
          .isNotEqualTo(WeightsDigest.of(neo));
    }
  }

  /** Minus zero equals zero, but its bits are others. */
  @Test
  void of_oneBit() {
    try (TrainableCausalLm model = TinyModel.gpt2(1)) {
      String before = WeightsDigest.of(model);
      NDArray bias = model.parameters().get("transformer.ln_f.bias");
      float[] values = bias.toFloatArray();
      assertThat(values[3]).isZero();
      values[3] = -0f;
      try (NDArray changed = model.manager().create(values)) {
        TorchOps.get().copy(List.of(changed), List.of(bias));
      }
      assertThat(WeightsDigest.of(model)).isNotEqualTo(before);
    }
  }
}
