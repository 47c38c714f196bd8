package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.google.common.primitives.Floats;
import dev.unlearn.adapter.Adapter;
import dev.unlearn.adapter.Adapters;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.model.LoadOptions;
import dev.unlearn.objective.Objectives;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.train.TrainableCausalLm;
import dev.unlearn.training.Updates;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link LoadOptions#activationCheckpointing()} changes no bit of what is trained. */
@Tag("engine")
final class CheckpointedTrainingTest {
  private static final List<TokenSequence> RAGGED =
      List.of(
          TokenSequence.of(3, 1, 4, 1, 5, 9, 2, 6),
          TokenSequence.of(5, 3, 5).withPromptLength(2),
          TokenSequence.of(8, 9, 7, 9, 3));

  private static final String GPT2 = TinyModel.gpt2Config(20);

  /** Rotary positions, RMS norms, gates, shared key heads. */
  private static final String LLAMA =
      """
      {"model_type": "llama", "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24,
       "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": 32, "rms_norm_eps": 1e-5, "tie_word_embeddings": false}
      """;

  /** Parallel attention and feed-forward layers. */
  private static final String NEOX =
      """
      {"model_type": "gpt_neox", "vocab_size": 20, "hidden_size": 16, "intermediate_size": 24,
       "num_hidden_layers": 3, "num_attention_heads": 4, "max_position_embeddings": 32,
       "rotary_pct": 0.5, "use_parallel_residual": true}
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "llama", "gpt_neox"})
  void weights_same(String family) {
    save(family);
    assertThat(trained(true, false)).isNotEmpty().isEqualTo(trained(false, false));
  }

  @Test
  void adapter_same() {
    save("llama");
    assertThat(trained(true, true)).isNotEmpty().isEqualTo(trained(false, true));
  }

  private void save(String family) {
    String config =
        switch (family) {
          case "llama" -> LLAMA;
          case "gpt_neox" -> NEOX;
          default -> GPT2;
        };
    try (TrainableCausalLm model = TinyModel.create(config, 1)) {
      CausalLms.save(model, folder.resolve("model"));
    }
  }

  /** Two updates in two micro-batches each. */
  private Map<String, List<Float>> trained(boolean checkpointing, boolean adapted) {
    LoadOptions options = LoadOptions.builder().activationCheckpointing(checkpointing).build();
    try (TrainableCausalLm model = CausalLms.load(folder.resolve("model"), options);
        Adapter adapter = adapted ? Adapters.lora().rank(2).seed(3).attach(model) : null;
        Updates updates =
            new Updates(model, Objectives.gradientAscent(), Optimizers.adam(0.01), 10)) {
      updates.update(RAGGED);
      updates.update(RAGGED);
      Map<String, List<Float>> values = new LinkedHashMap<>();
      model.parameters().forEach((name, array) -> values.put(name, floats(array)));
      return values;
    }
  }

  private static List<Float> floats(NDArray array) {
    return Floats.asList(array.toFloatArray());
  }
}
